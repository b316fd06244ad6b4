using System.Runtime.InteropServices;
using Croct.Export.Cli.Formats;
using Croct.Export.Cli.Formats.Tables;

namespace Croct.Export.Cli.Planning;

/// <summary>The format in which items are written.</summary>
/// <param name="Name">One of <see cref="Names"/>.</param>
/// <param name="IsChosen">Whether it was requested; if not, it is the default.</param>
/// <param name="Compress">gzip, zstd or none; null to follow the file name.</param>
/// <param name="IsCsvSafe">Whether CSV is made safe to open in spreadsheets.</param>
internal sealed record FormatPlan(string Name, bool IsChosen, string? Compress, bool IsCsvSafe)
{
    public const string Ndjson = "ndjson";
    public const string Csv = "csv";
    public const string Parquet = "parquet";

    /// <summary>The rows of a database. They are not a format of files.</summary>
    public static readonly FormatPlan Database = new(Postgres, IsChosen: true, "none", IsCsvSafe: false);

    public static readonly string[] Names = [Ndjson, Csv, Parquet];
    public static readonly string[] Compressions = ["gzip", "zstd", "none"];

    private const string Postgres = "postgres";

    /// <summary>The extensions of compressed files that this tool does not write.</summary>
    private static readonly string[] OtherCompressions = [".bz2", ".xz", ".lz4", ".lz", ".lzma", ".br", ".sz", ".zip", ".7z", ".z"];

    /// <summary>The format with this name.</summary>
    private FileFormat Form => Name switch { Csv => FileFormat.Csv, Parquet => FileFormat.Parquet, Postgres => FileFormat.Postgres, _ => FileFormat.Ndjson };

    /// <summary>Whether a file can be continued after any page.</summary>
    public bool IsResumable => Format.IsResumable(Form);

    /// <summary>The extension of files in this format.</summary>
    public string Extension => "." + Name + (Name == Parquet ? "" : Compress switch { "gzip" => ".gz", "zstd" => ".zst", _ => "" });

    /// <exception cref="UsageException">The options contradict each other, or the file name suggests another format.</exception>
    /// <exception cref="IOException">The library that writes Parquet exists, but cannot be loaded.</exception>
    public void Validate(string output)
    {
        if (IsCsvSafe && Name != Csv) throw new UsageException("--csv-safe requires --format csv.");
        Load();
        var ending = Path.GetExtension(output).ToLowerInvariant();
        if (OtherCompressions.Contains(ending))
        {
            throw new UsageException($"--output '{output}' names a file with an unsupported compression; use .gz or .zst, or remove {ending}.");
        }

        var compression = CompressedStream.Of(output);
        if (Name == Parquet && compression is not null)
        {
            throw new UsageException(
                $"--output '{output}' names a compressed file, but a Parquet file is compressed internally; " +
                "name it .parquet and choose the compression with --compress.");
        }

        if (IsChosen) return;
        var format = Path.GetExtension(compression is null ? output : Path.ChangeExtension(output, null)).TrimStart('.').ToLowerInvariant();
        if (format is not (Csv or Parquet)) return;
        throw new UsageException(
            $"--output '{output}' is the name of a {format} file, but without --format the items are written as NDJSON. " +
            $"Pass --format {format}, or --format ndjson to write NDJSON to this file.");
    }

    /// <summary>Loads the library that reads and writes the format, if it needs one.</summary>
    /// <exception cref="UsageException">There is none for this system.</exception>
    /// <exception cref="IOException">It exists, but cannot be loaded.</exception>
    public void Load()
    {
        if (Name != Parquet || ParquetLibrary.TryLoad()) return;
        throw new UsageException(
            $"--format parquet is not available on this system ({RuntimeInformation.RuntimeIdentifier}): " +
            "its library supports Linux with glibc, macOS and Windows, on x64 and arm64. Pass --format csv or ndjson.");
    }

    /// <summary>The format as text, as it is kept in a state.</summary>
    public string Describe(string output) =>
        $"{Name}{(GetCompression(output) is { } compression ? $", {compression.ToString().ToLowerInvariant()}" : "")}{(IsCsvSafe ? ", csv-safe" : "")}";

    /// <summary>The format that was described by <see cref="Describe"/>.</summary>
    public static FormatPlan Parse(string description)
    {
        var words = description.Split(", ");
        return new FormatPlan(words[0], IsChosen: true, words.FirstOrDefault(Compressions.Contains) ?? "none", words.Contains("csv-safe"));
    }

    public Format CreateFormat(ExportStream stream, string output) => new(stream, Form, GetCompression(output), IsCsvSafe);

    /// <summary>The version of the columns in a new file; null for a format without columns.</summary>
    public string? GetColumnsVersion(ExportStream stream) => Format.GetColumnsVersion(stream, Form);

    /// <summary>Checks that a file whose columns have the given version can be appended to.</summary>
    /// <exception cref="UsageException">It cannot.</exception>
    public void CheckColumns(ExportStream stream, string? version) => Format.CheckColumns(stream, Form, version);

    private Compression? GetCompression(string output) => Compress switch
    {
        "gzip" => Compression.Gzip,
        "zstd" => Compression.Zstd,
        null => Name == Parquet ? Compression.Zstd : CompressedStream.Of(output),
        _ => null,
    };
}
