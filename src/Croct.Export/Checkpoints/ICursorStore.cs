namespace Croct.Export;

/// <summary>
/// Stores the progress of an export. Implement it to keep checkpoints together with your data. A store only keeps a checkpoint;
/// <see cref="CheckpointedExport"/> checks that it belongs to the export.
/// </summary>
/// <remarks>
/// A store can rely on the following. <see cref="LoadAsync"/> is called once, before the first request. <see cref="SaveAsync"/> is called once for each
/// page whose handler has returned, in the order of the pages, before the next page is passed to the handler. It is called even if the checkpoint has not
/// changed, so that a store can commit the rows of the page together with the checkpoint. It is never called for a page whose handler failed. If the
/// stream has no data to detect the unit of the window from, the handler receives one empty page and nothing is saved.
/// <para>
/// Every item is therefore delivered at least once, and none is lost. Items that were passed to the handler but not saved are delivered again. The last
/// page may also be delivered again, even if it was saved, and possibly in another form (whitespace, order of members, a new field): recognise an item by
/// its id and time, not by its bytes.
/// </para>
/// </remarks>
public interface ICursorStore
{
    /// <summary>Returns the checkpoint that was saved last; null if there is none.</summary>
    /// <param name="cancellationToken">Cancels loading.</param>
    ValueTask<Checkpoint?> LoadAsync(CancellationToken cancellationToken = default);

    /// <summary>Replaces the checkpoint. It must be safely stored when this returns.</summary>
    /// <param name="checkpoint">The checkpoint; <see cref="Checkpoint.ToJson"/> returns it as text.</param>
    /// <param name="cancellationToken">Cancels saving; the store must have either the old or the new checkpoint afterwards.</param>
    ValueTask SaveAsync(Checkpoint checkpoint, CancellationToken cancellationToken = default);
}
