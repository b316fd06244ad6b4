using System.Security.Cryptography;
using System.Text.Json.Serialization;
using System.Text.Json;
using Croct.Export.Checkpoints;

namespace Croct.Export.Cli.Destinations.State;

/// <summary>How far an export has come: which bytes of which file are valid, and the cursor after them.</summary>
internal sealed record ExportState
{
    private const int CurrentVersion = 2;

    /// <summary>The version without columns, which earlier builds know too.</summary>
    private const int VersionWithoutColumns = 1;

    public int Version { get; init; } = VersionWithoutColumns;

    public required ExportRequest Request { get; init; }

    /// <summary>The number of this run, from 1. A run that was interrupted is continued under its number.</summary>
    public required int Run { get; init; }

    /// <summary>Whether the run came to the end of the data.</summary>
    public required bool Complete { get; init; }

    /// <summary>The file of the run, as it is found from the folder of the state.</summary>
    public required string File { get; init; }

    /// <summary>Whether the file has that name. Until the run that began it is complete, it has another one.</summary>
    public required bool Named { get; init; }

    /// <summary>How many of its bytes are valid. What comes after them is from a page that was not committed.</summary>
    public required long Length { get; init; }

    /// <summary>The SHA-256 of these bytes, in hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>How many rows these bytes are.</summary>
    public required long Rows { get; init; }

    /// <summary>The version of the columns of the file; null for a form without columns, and in states from before versions were kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Columns { get; init; }

    /// <summary>The latest time of these rows; null if none has a time.</summary>
    public required DateTimeOffset? Newest { get; init; }

    /// <summary>Where to continue; null at the beginning of the window.</summary>
    public required string? Cursor { get; init; }

    /// <summary>
    /// Keys of the items that the cursor will deliver once more, because the end of the data came without a cursor of its own; they are dropped then.
    /// </summary>
    public required IReadOnlyList<string> Repeating { get; init; }

    /// <summary>The unit of windows that was found out; null as long as none was.</summary>
    public required TimeUnit? TimeUnit { get; init; }

    /// <summary>The window of the run.</summary>
    public required RunWindow Window { get; init; }

    /// <summary>With a lookback, how much is valid of the file of items that are there already; null without one.</summary>
    public required SeenBytes? Seen { get; init; }

    /// <summary>The SHA-256 of everything else here: a single digit that has changed could cost rows.</summary>
    public string Checksum { get; init; } = "";

    /// <summary>Reads a state; null when there is none.</summary>
    /// <exception cref="UsageException">There is a file, but no state in it that this version understands.</exception>
    public static ExportState? Load(string path)
    {
        if (!System.IO.File.Exists(path)) return null;
        try
        {
            var bytes = System.IO.File.ReadAllBytes(path);
            using (var document = JsonDocument.Parse(bytes))
            {
                if (document.RootElement.ValueKind == JsonValueKind.Object
                    && document.RootElement.TryGetProperty("version", out var version) && version.TryGetInt32(out var number) && number > CurrentVersion)
                {
                    throw new UsageException($"--state '{path}' was written by a newer version of croct-export (format {number}; this one knows {CurrentVersion}). Use that version.");
                }
            }

            var state = JsonSerializer.Deserialize(bytes, StateJson.Default.ExportState);
            if (state is { Version: VersionWithoutColumns or CurrentVersion, Run: > 0, Length: >= 0, Rows: >= 0, Sha256.Length: 64 } && bytes.AsSpan().SequenceEqual(state.ToBytes())) return state;
        }
        catch (JsonException)
        {
            // Said below, together with JSON that is no state.
        }

        throw new UsageException($"--state '{path}' is not a state as croct-export wrote it: something else has changed it. Restore it, or start over with another --state and another --output.");
    }

    /// <summary>The state of a file that is begun with columns of a version; null for a form without columns.</summary>
    public ExportState WithColumns(string? columns) => this with { Columns = columns, Version = columns is null ? VersionWithoutColumns : CurrentVersion };

    public void Save(string path) => DurableFile.Replace(path, ToBytes());

    private byte[] ToBytes()
    {
        var unsigned = this with { Checksum = "" };
        var checksum = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(unsigned, StateJson.Default.ExportState)));
        return JsonSerializer.SerializeToUtf8Bytes(unsigned with { Checksum = checksum }, StateJson.Default.ExportState);
    }
}

/// <summary>How much is valid of the file of seen items.</summary>
/// <param name="Margin">How many bytes are about the margin that the window of this run has in common with the one before.</param>
/// <param name="Length">How many bytes are valid.</param>
/// <param name="Sha256">The SHA-256 of these bytes, in hexadecimal digits.</param>
internal sealed record SeenBytes(long Margin, long Length, string Sha256);
