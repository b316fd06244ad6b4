namespace Croct.Export.Cli.Formats;

/// <summary>Writes items in the form of a file. The stream stays open: it belongs to who made it.</summary>
internal abstract class ItemWriter<T> : IAsyncDisposable
{
    /// <summary>Adds the items in their order.</summary>
    public abstract Task WriteAsync(IReadOnlyList<T> items);

    /// <summary>Writes what is still to write; only then the file is whole. A table of no rows has its columns too.</summary>
    public virtual Task CompleteAsync() => Task.CompletedTask;

    /// <summary>Frees what the writer holds. It makes no whole file of one that was not completed.</summary>
    public abstract ValueTask DisposeAsync();
}
