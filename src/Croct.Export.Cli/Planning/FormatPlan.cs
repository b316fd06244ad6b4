using Croct.Export.Cli.Formats;
using Croct.Export.Cli.Formats.Tables;
using Croct.Export.Models;

namespace Croct.Export.Cli.Planning;

/// <summary>In which form items are written.</summary>
/// <param name="Name">One of <see cref="Names"/>.</param>
/// <param name="IsChosen">Whether somebody asked for it; if not, it is the default.</param>
/// <param name="Compress">gzip, zstd or none; null for what the name of the file says.</param>
/// <param name="IsCsvSafe">Whether CSV is made safe for spreadsheets.</param>
internal sealed record FormatPlan(string Name, bool IsChosen, string? Compress, bool IsCsvSafe)
{
    public const string Ndjson = "ndjson";
    public const string Csv = "csv";
    public const string Parquet = "parquet";

    public static readonly string[] Names = [Ndjson, Csv, Parquet];
    public static readonly string[] Compressions = ["gzip", "zstd", "none"];

    /// <summary>Endings of compressed files that this tool does not write.</summary>
    private static readonly string[] OtherCompressions = [".bz2", ".xz", ".lz4", ".lz", ".lzma", ".br", ".sz", ".zip", ".7z", ".z"];

    /// <summary>Whether a file can be continued after any page.</summary>
    public bool IsResumable => Name != Parquet;

    /// <summary>The ending of a file of this form.</summary>
    public string Extension => "." + Name + (Name == Parquet ? "" : Compress switch { "gzip" => ".gz", "zstd" => ".zst", _ => "" });

    /// <exception cref="UsageException">Something does not go together, or the name of the file promises another form.</exception>
    public void Validate(string output)
    {
        if (IsCsvSafe && Name != Csv) throw new UsageException("--csv-safe goes with --format csv only.");
        var ending = Path.GetExtension(output).ToLowerInvariant();
        if (OtherCompressions.Contains(ending))
        {
            throw new UsageException($"--output '{output}' is the name of a compressed file that cannot be written; name it .gz or .zst, or without {ending}.");
        }

        var compression = CompressedStream.Of(output);
        if (Name == Parquet && compression is not null)
        {
            throw new UsageException($"--output '{output}' names a compressed file, but a Parquet file is compressed within; name it .parquet and choose with --compress.");
        }

        if (IsChosen) return;
        var format = Path.GetExtension(compression is null ? output : Path.ChangeExtension(output, null)).TrimStart('.').ToLowerInvariant();
        if (format is not (Csv or Parquet)) return;
        throw new UsageException($"--output '{output}' is the name of a {format} file, but without --format the items are written as NDJSON. Pass --format {format}, or --format ndjson to have it so.");
    }

    /// <summary>The form in words, as a state keeps it.</summary>
    public string Describe(string output) =>
        $"{Name}{(CompressionOf(output) is { } compression ? $", {compression.ToString().ToLowerInvariant()}" : "")}{(IsCsvSafe ? ", csv-safe" : "")}";

    public Format FormatOf(ExportStream stream, string output)
    {
        var (compression, isParquet) = (CompressionOf(output), Name == Parquet);
        if (Name == Ndjson) return new NdjsonFormat(stream, compression);
        return stream switch
        {
            ExportStream.Events => new TableFormat<Event>(
                new EventTable(), (client, options, token) => client.ExportEventPagesAsync((EventExportOptions)options, token), e => e.Id, e => e.Timestamp, compression, isParquet, IsCsvSafe),
            ExportStream.Sessions => new TableFormat<Session>(
                new SessionTable(), (client, options, token) => client.ExportSessionPagesAsync((SessionExportOptions)options, token), s => s.SessionId?.ToString(), s => s.CloseTime, compression, isParquet, IsCsvSafe),
            _ => new TableFormat<User>(
                new UserTable(), (client, options, token) => client.ExportUserPagesAsync((UserExportOptions)options, token), u => u.UserId?.ToString(), u => u.LastModifiedTime, compression, isParquet, IsCsvSafe),
        };
    }

    private Compression? CompressionOf(string output) => Compress switch
    {
        "gzip" => Compression.Gzip,
        "zstd" => Compression.Zstd,
        null => Name == Parquet ? Compression.Zstd : CompressedStream.Of(output),
        _ => null,
    };
}
