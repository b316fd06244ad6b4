using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Croct.Export.Cli.Destinations.Datasets;

/// <summary>
/// What is known about a part, in a file of its own that is on disk before the part. Its name contains the SHA-256 of the part, so that it can only
/// describe the part with these bytes. Without such a part, it has no meaning.
/// </summary>
internal sealed record Sidecar
{
    private const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>The file name of the part.</summary>
    public required string Part { get; init; }

    /// <summary>The SHA-256 of the part, in hexadecimal.</summary>
    public required string Sha256 { get; init; }

    public required long Bytes { get; init; }

    public required long Rows { get; init; }

    public required DatasetRequest Request { get; init; }

    /// <summary>The version of the columns; null for a format without columns.</summary>
    public required string? Columns { get; init; }

    /// <summary>The unit in which the window was sent; null without a window.</summary>
    public required TimeUnit? TimeUnit { get; init; }

    /// <summary>The cursor that the part starts at; null for the beginning of the window, and for a repair.</summary>
    public required string? StartCursor { get; init; }

    /// <summary>The cursor after the part; null for the beginning of the window, and for a repair.</summary>
    public required string? NextCursor { get; init; }

    public required DateTimeOffset? FirstTime { get; init; }

    public required DateTimeOffset? LastTime { get; init; }

    /// <summary>The keys of the items that <see cref="NextCursor"/> delivers again, because the data ended without a cursor of its own.</summary>
    public required IReadOnlyList<string> Repeating { get; init; }

    /// <summary>For a repair, the keys of its items, which the chain may deliver later; otherwise empty.</summary>
    public IReadOnlyList<string> Repaired { get; init; } = [];

    /// <summary>For a repair, the numbers of the parts that were missing in the chain when it was made; otherwise empty.</summary>
    public IReadOnlyList<int> MissingParts { get; init; } = [];

    /// <summary>The SHA-256 of everything else: a single changed digit could lose rows.</summary>
    public string Checksum { get; init; } = "";

    [JsonIgnore]
    public string Name => GetName(Part, Sha256);

    /// <summary>The name of the sidecar of a part with the given SHA-256.</summary>
    public static string GetName(string part, string sha256) => $"{Dataset.SidecarFolder}{part}-{sha256}.json";

    /// <summary>The part that a sidecar with this name belongs to; null if this is not the name of a sidecar.</summary>
    public static string? ParsePart(string name)
    {
        var length = name.Length - GetName("", HashedStream.EmptySha256).Length;
        return length > 0 && name.StartsWith(Dataset.SidecarFolder, StringComparison.Ordinal) ? name.Substring(Dataset.SidecarFolder.Length, length) : null;
    }

    /// <param name="content">The content of the file.</param>
    /// <param name="path">The path of the file, for messages.</param>
    /// <exception cref="UsageException">This is not a sidecar that this version can read.</exception>
    public static Sidecar Parse(byte[] content, string path)
    {
        try
        {
            var sidecar = JsonSerializer.Deserialize(content, DatasetJson.Default.Sidecar);
            if (sidecar is { Version: > CurrentVersion })
            {
                throw new UsageException($"'{path}' was written by a newer version of croct-export (format {sidecar.Version}). Use the newer version.");
            }

            if (sidecar is not null && content.AsSpan().SequenceEqual(sidecar.ToBytes())) return sidecar;
        }
        catch (JsonException)
        {
            // Reported below, like JSON that is not a sidecar.
        }

        throw new UsageException($"'{path}' was changed or damaged. Restore it from a backup, or export to another folder.");
    }

    public byte[] ToBytes()
    {
        var unsigned = this with { Checksum = "" };
        var checksum = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(unsigned, DatasetJson.Default.Sidecar)));
        return JsonSerializer.SerializeToUtf8Bytes(unsigned with { Checksum = checksum }, DatasetJson.Default.Sidecar);
    }
}

/// <summary>The marker of a dataset whose end was reached. It describes the chain of parts at that time; parts may be added later.</summary>
internal sealed record SuccessMarker
{
    public const string Name = "_SUCCESS.json";

    public int Version { get; init; } = 1;

    public required DatasetRequest Request { get; init; }

    /// <summary>The number of parts in the chain.</summary>
    public required int Parts { get; init; }

    /// <param name="content">The content of the file.</param>
    /// <param name="path">The path of the file, for messages.</param>
    /// <exception cref="UsageException">This is not a marker.</exception>
    public static SuccessMarker Parse(byte[] content, string path)
    {
        try
        {
            if (JsonSerializer.Deserialize(content, DatasetJson.Default.SuccessMarker) is { } marker) return marker;
        }
        catch (JsonException)
        {
            // Reported below, like a null.
        }

        throw new UsageException($"'{path}' was changed or damaged. Delete it: the next run creates it again, without exporting its items again.");
    }
}

/// <summary>Reads and writes the files of datasets without reflection: a trimmed program has only the members that code refers to.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    WriteIndented = true,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Sidecar))]
[JsonSerializable(typeof(SuccessMarker))]
[JsonSerializable(typeof(DatasetRequest))]
internal sealed partial class DatasetJson : JsonSerializerContext;
