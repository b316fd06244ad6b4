using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Croct.Export.Models;

namespace Croct.Export;

/// <summary>The progress of an export, and which export it belongs to: a checkpoint of one export is refused by another.</summary>
public sealed class Checkpoint
{
    private const int CurrentVersion = 1;

    /// <summary>People read the file too: only characters that JSON requires to be escaped, or that a terminal would not show, are escaped.</summary>
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The stream that is exported.</summary>
    public ExportStream Stream { get; init; }

    /// <summary>The types of events, in any order; empty, the default, for all types and for the other streams.</summary>
    public IReadOnlyCollection<EventType> Events { get; init => field = value?.ToArray() ?? []; } = [];

    /// <summary>The <see cref="ExportOptions.Start"/> of the window; null, the default, if it has none.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>The <see cref="ExportOptions.End"/> of the window; null, the default, if it has none.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>
    /// The <see cref="ExportPage.TimeUnit"/> that was detected, so that a resumed export need not detect it again; null, the default, if there is no
    /// window. Exports that differ only in their unit are the same.
    /// </summary>
    public TimeUnit? TimeUnit { get; init; }

    /// <summary>
    /// The <see cref="ExportPage.ResumeCursor"/> of the last page that was processed. Null if the API returned none: the export then starts over at the
    /// start of the window. It is opaque and may contain any characters.
    /// </summary>
    public string? Cursor { get; init; }

    /// <summary>Parses a checkpoint from the JSON of <see cref="ToJson"/>.</summary>
    /// <param name="json">The JSON.</param>
    /// <exception cref="ArgumentNullException"><paramref name="json"/> is null.</exception>
    /// <exception cref="FormatException">The text is not a checkpoint, or was written by a newer version of this library.</exception>
    public static Checkpoint Parse(string json)
    {
        if (json is null) throw new ArgumentNullException(nameof(json));
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new FormatException("The text is not a checkpoint in the format of Checkpoint.ToJson.", exception);
        }
    }

    /// <summary>Returns the checkpoint as one line of JSON, for stores that keep it as text.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", CurrentVersion);
            writer.WriteString("stream", GetName(Stream));
            if (Events.Count > 0)
            {
                writer.WriteStartArray("events");
                foreach (var type in SortedEvents()) writer.WriteStringValue(type);
                writer.WriteEndArray();
            }

            if (Start is { } start) writer.WriteString("start", start);
            if (End is { } end) writer.WriteString("end", end);
            if (TimeUnit is { } unit) writer.WriteString("timeUnit", GetName(unit));
            if (Cursor is not null) writer.WriteString("cursor", Cursor);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Returns the same text as <see cref="ToJson"/>.</summary>
    public override string ToString() => ToJson();

    /// <summary>Returns the first difference from another export, with both values; null if it is the same export.</summary>
    internal string? FindDifference(Checkpoint now)
    {
        foreach (var ((name, before), (_, after)) in GetIdentity().Zip(now.GetIdentity(), (before, after) => (before, after)))
        {
            if (before != after) return $"{name} was {before} and is {after} now";
        }

        return null;
    }

    private static Checkpoint Read(JsonElement json)
    {
        var version = json.GetProperty("version"u8).TryGetInt32(out var number) ? number : throw new JsonException();
        if (version > CurrentVersion)
        {
            throw new FormatException(
                $"The checkpoint was written by a newer version of Croct.Export (format {version}; this version reads format {CurrentVersion}): "
                + "use that version.");
        }

        return version < 1
            ? throw new JsonException()
            : new Checkpoint
            {
                Stream = ParseName<ExportStream>(json.GetProperty("stream"u8)),
                Events = json.TryGetProperty("events"u8, out var events)
                    ? [.. events.EnumerateArray().Select(type => new EventType(type.GetString()!))]
                    : [],
                Start = json.TryGetProperty("start"u8, out var start) ? ReadTime(start) : null,
                End = json.TryGetProperty("end"u8, out var end) ? ReadTime(end) : null,
                TimeUnit = json.TryGetProperty("timeUnit"u8, out var unit) ? ParseName<TimeUnit>(unit) : null,
                Cursor = json.TryGetProperty("cursor"u8, out var cursor) ? cursor.GetString() : null,
            };
    }

    private static DateTimeOffset ReadTime(JsonElement json) => json.TryGetDateTimeOffset(out var time) ? time : throw new JsonException();

    private static string GetName<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static T ParseName<T>(JsonElement json)
        where T : struct, Enum
    {
#if NET
        var values = Enum.GetValues<T>();
#else
        var values = (T[])Enum.GetValues(typeof(T));
#endif
        var found = Array.Find(values, value => json.ValueEquals(GetName(value)));
        return json.ValueEquals(GetName(found)) ? found : throw new JsonException();
    }

    private IEnumerable<string> SortedEvents() => Events.Select(type => type.Value).Distinct().OrderBy(value => value, StringComparer.Ordinal);

    private IEnumerable<(string Name, string Value)> GetIdentity() =>
    [
        ("the stream", Stream.ToString()),
        (nameof(Events), Events.Count == 0 ? "(all)" : string.Join(",", SortedEvents())),
        (nameof(Start), Start is { } start ? $"{start.UtcDateTime:O}" : "(none)"),
        (nameof(End), End is { } end ? $"{end.UtcDateTime:O}" : "(none)"),
    ];
}
