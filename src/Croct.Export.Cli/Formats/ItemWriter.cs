using Croct.Export.Cli.Formats.Tables;
using Croct.Export.Cli.Items;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Formats;

/// <summary>Writes items in the form of a file. The stream that they go to stays open: it belongs to who made it.</summary>
/// <param name="contract">What the items are.</param>
/// <param name="table">The table whose rows they become; null for none.</param>
internal abstract class ItemWriter(ContractStream contract, Table? table) : IAsyncDisposable
{
    /// <summary>Reads the items on their way.</summary>
    protected ItemReader Reader { get; } = new(contract, table);

    /// <summary>Adds an item.</summary>
    /// <param name="item">A JSON object that is known to be well-formed; its bytes are good until the task is done.</param>
    /// <returns>The time that windows are about, in milliseconds; null if it has none.</returns>
    public abstract ValueTask<long?> WriteAsync(ReadOnlyMemory<byte> item);

    /// <summary>Brings a page to the stream, if the form allows to stop after any page.</summary>
    public virtual Task EndPageAsync() => Task.CompletedTask;

    /// <summary>What in the items since the last call is not as the contract of this version says.</summary>
    public IReadOnlyList<Finding> TakeFindings() => Reader.TakeFindings();

    /// <summary>Writes what is still to write; only then is the file whole. A table of no rows has its columns too.</summary>
    public virtual Task CompleteAsync() => Task.CompletedTask;

    /// <summary>Frees what the writer holds. It does not make a file whole that was not completed.</summary>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
