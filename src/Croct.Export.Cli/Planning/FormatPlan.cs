using System.Runtime.InteropServices;
using Croct.Export.Cli.Formats;
using Croct.Export.Cli.Formats.Tables;

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

    /// <summary>The form that the name means.</summary>
    private FileForm Form => Name switch { Csv => FileForm.Csv, Parquet => FileForm.Parquet, _ => FileForm.Ndjson };

    /// <summary>Whether a file can be continued after any page.</summary>
    public bool IsResumable => Format.IsResumable(Form);

    /// <summary>The ending of a file of this form.</summary>
    public string Extension => "." + Name + (Name == Parquet ? "" : Compress switch { "gzip" => ".gz", "zstd" => ".zst", _ => "" });

    /// <exception cref="UsageException">Something does not go together, or the name of the file promises another form.</exception>
    /// <exception cref="IOException">The library that writes Parquet is there, but cannot be loaded.</exception>
    public void Validate(string output)
    {
        if (IsCsvSafe && Name != Csv) throw new UsageException("--csv-safe goes with --format csv only.");
        if (Name == Parquet && !ParquetLibrary.IsAvailable())
        {
            throw new UsageException($"--format parquet cannot be written on this system ({RuntimeInformation.RuntimeIdentifier}): its library comes for Linux with glibc, macOS and Windows, on x64 and arm64. Pass --format csv or ndjson.");
        }

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

    public Format FormatOf(ExportStream stream, string output) => new(stream, Form, CompressionOf(output), IsCsvSafe);

    /// <summary>The version of the columns that a new file has; null for a form without columns.</summary>
    public string? ColumnsOf(ExportStream stream) => Format.ColumnsOf(stream, Form);

    /// <summary>Checks that a file with columns of a version can be continued.</summary>
    /// <exception cref="UsageException">It cannot.</exception>
    public void CheckColumns(ExportStream stream, string? version) => Format.CheckColumns(stream, Form, version);

    private Compression? CompressionOf(string output) => Compress switch
    {
        "gzip" => Compression.Gzip,
        "zstd" => Compression.Zstd,
        null => Name == Parquet ? Compression.Zstd : CompressedStream.Of(output),
        _ => null,
    };
}
