using System.Text;
using Croct.Export.Cli.Formats.Tables;
using Croct.Export.Cli.Items;
using Croct.Export.Models;

namespace Croct.Export.Cli.Formats;

/// <summary>CSV and Parquet: one row an item, in the columns of a table.</summary>
/// <param name="table">The columns.</param>
/// <param name="pages">Gets the pages.</param>
/// <param name="idOf">The id of an item.</param>
/// <param name="timeOf">The time of an item that windows are about.</param>
/// <param name="compression">How the file is compressed, or within a Parquet file its columns.</param>
/// <param name="isParquet">Whether it is Parquet and not CSV.</param>
/// <param name="isSafe">Whether CSV is made safe for spreadsheets.</param>
internal sealed class TableFormat<T>(
    Table<T> table,
    Func<ExportClient, ExportOptions, CancellationToken, IAsyncEnumerable<ExportPage<T>>> pages,
    Func<T, string?> idOf,
    Func<T, long?> timeOf,
    Compression? compression,
    bool isParquet,
    bool isSafe) : Format<T>(isParquet ? null : compression)
    where T : ExportModel
{
    private readonly Compression? _compression = compression;

    public override bool IsResumable => !isParquet;

    protected override IAsyncEnumerable<ExportPage<T>> PagesAsync(ExportClient client, ExportOptions options, CancellationToken cancellationToken) =>
        pages(client, options, cancellationToken);

    protected override ItemWriter<T> WriterTo(Stream stream, bool isBegun) =>
        isParquet ? new ParquetTableWriter<T>(table, stream, _compression) : new CsvTableWriter<T>(table, stream, header: !isBegun, isSafe);

    protected override ItemKey KeyOf(T item, long? time) => ItemKey.Of(idOf(item) is { Length: > 0 } id ? id : ItemContent.Of(Encoding.UTF8.GetBytes(item.ToJson())), time);

    protected override long? TimeOf(T item) => timeOf(item);

    protected override IReadOnlyList<Finding> FindingsIn(IReadOnlyList<T> items) => [.. items.SelectMany(Strangers.In)];
}
