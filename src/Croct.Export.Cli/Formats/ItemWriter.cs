using Croct.Export.Cli.Formats.Tables;
using Croct.Export.Cli.Items;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Formats;

/// <summary>Writes items in a file format. The output stream stays open: it belongs to the caller.</summary>
/// <param name="contract">The stream of the items, in the contract.</param>
/// <param name="table">The table whose rows the items become; null for none.</param>
internal abstract class ItemWriter(ContractStream contract, Table? table) : IAsyncDisposable
{
    /// <summary>Reads the items as they are written.</summary>
    protected ItemReader Reader { get; } = new(contract, table);

    /// <summary>Adds an item.</summary>
    /// <param name="item">A JSON object known to be well-formed; its bytes are valid until the task is completed.</param>
    /// <returns>The time by which windows select the item, in milliseconds; null if it has none.</returns>
    public abstract ValueTask<long?> WriteAsync(ReadOnlyMemory<byte> item);

    /// <summary>Writes the items of a page to the stream, if the format can be continued after any page.</summary>
    public virtual Task EndPageAsync() => Task.CompletedTask;

    /// <summary>Returns the deviations from the contract of this version in the items since the last call.</summary>
    public IReadOnlyList<Finding> TakeFindings() => Reader.TakeFindings();

    /// <summary>Writes everything that is left; only then is the file complete. A table without rows still has its columns.</summary>
    public virtual Task CompleteAsync() => Task.CompletedTask;

    /// <summary>Frees the resources of the writer. Does not complete a file that was not completed before.</summary>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
