using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Croct.Export.Checkpoints;

namespace Croct.Export.Cli.Destinations.State;

/// <summary>The progress of an export: how many bytes of which file are valid, and the cursor that follows them.</summary>
internal sealed record ExportState
{
    private const int CurrentVersion = 2;

    /// <summary>The version of a state without <see cref="Columns"/>, which earlier builds can read too.</summary>
    private const int VersionWithoutColumns = 1;

    public int Version { get; init; } = VersionWithoutColumns;

    public required ExportRequest Request { get; init; }

    /// <summary>The number of this run, from 1. An interrupted run is resumed under the same number.</summary>
    public required int Run { get; init; }

    /// <summary>Whether the run reached the end of the data.</summary>
    public required bool Complete { get; init; }

    /// <summary>The path of the run's file, relative to the folder of the state.</summary>
    public required string File { get; init; }

    /// <summary>Whether the file has that name yet. Until the run that created it is complete, it has a temporary one.</summary>
    public required bool Named { get; init; }

    /// <summary>The number of valid bytes in the file. Bytes after them belong to a page that was not committed.</summary>
    public required long Length { get; init; }

    /// <summary>The SHA-256 of the valid bytes, in hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The number of rows in the valid bytes.</summary>
    public required long Rows { get; init; }

    /// <summary>The version of the file's columns; null for a format without columns, and in states written before versions were recorded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Columns { get; init; }

    /// <summary>The latest time of the rows; null if none has a time.</summary>
    public required DateTimeOffset? Newest { get; init; }

    /// <summary>The cursor to resume from; null for the beginning of the window.</summary>
    public required string? Cursor { get; init; }

    /// <summary>
    /// Keys of the items that the cursor will return again, because the data ended without a cursor of its own. They are dropped then.
    /// </summary>
    public required IReadOnlyList<string> Repeating { get; init; }

    /// <summary>The detected unit of windows; null until one is detected.</summary>
    public required TimeUnit? TimeUnit { get; init; }

    /// <summary>The window of the run.</summary>
    public required RunWindow Window { get; init; }

    /// <summary>With a lookback, the valid part of the file of seen items; null without one.</summary>
    public required SeenBytes? Seen { get; init; }

    /// <summary>The SHA-256 of everything else in the state: a single changed digit could lose rows.</summary>
    public string Checksum { get; init; } = "";

    /// <summary>Reads a state; returns null if there is no file.</summary>
    /// <exception cref="UsageException">The file is not a state that this version can read.</exception>
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
                    throw new UsageException(
                        $"--state '{path}' was written by a newer version of croct-export (format {number}; this version reads up to {CurrentVersion}). " +
                        "Use the newer version.");
                }
            }

            var state = JsonSerializer.Deserialize(bytes, StateJson.Default.ExportState);
            if (state is { Version: VersionWithoutColumns or CurrentVersion, Run: > 0, Length: >= 0, Rows: >= 0, Sha256.Length: 64 }
                && bytes.AsSpan().SequenceEqual(state.ToBytes()))
            {
                return state;
            }
        }
        catch (JsonException)
        {
            // Reported below, like JSON that is not a state.
        }

        throw new UsageException(
            $"--state '{path}' is not a valid state of croct-export: it was changed or damaged, or is another file. " +
            "Restore it from a backup, or start over with another --state and another --output.");
    }

    /// <summary>This state, for a file that begins with the given version of columns; null for a format without columns.</summary>
    public ExportState WithColumns(string? columns) => this with { Columns = columns, Version = columns is null ? VersionWithoutColumns : CurrentVersion };

    public void Save(string path) => DurableFile.Replace(path, ToBytes());

    private byte[] ToBytes()
    {
        var unsigned = this with { Checksum = "" };
        var checksum = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(unsigned, StateJson.Default.ExportState)));
        return JsonSerializer.SerializeToUtf8Bytes(unsigned with { Checksum = checksum }, StateJson.Default.ExportState);
    }
}

/// <summary>The valid part of the file of seen items.</summary>
/// <param name="Margin">The number of bytes for the margin, the part of this run's window that overlaps the previous one.</param>
/// <param name="Length">The number of valid bytes.</param>
/// <param name="Sha256">The SHA-256 of the valid bytes, in hexadecimal.</param>
internal sealed record SeenBytes(long Margin, long Length, string Sha256);
