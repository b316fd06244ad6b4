namespace Croct.Export.Cli.Output.Tables;

/// <summary>Writes items as the rows of a table. The stream stays open: it belongs to who made it.</summary>
internal abstract class TableWriter<T> : IAsyncDisposable
{
    /// <summary>Adds a row for each item, in their order.</summary>
    public abstract Task WriteAsync(IReadOnlyList<T> items, CancellationToken cancellationToken);

    /// <summary>Writes what is still to write; only then the file is whole. A file of no rows has its columns too.</summary>
    public abstract Task CompleteAsync(CancellationToken cancellationToken);

    /// <summary>Frees what the writer holds. It makes no whole file of one that was not completed.</summary>
    public abstract ValueTask DisposeAsync();
}
