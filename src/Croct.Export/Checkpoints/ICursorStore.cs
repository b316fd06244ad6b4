namespace Croct.Export;

/// <summary>
/// Where an export keeps the place up to which its pages are dealt with. Implement it to keep checkpoints beside your data. A store only keeps a
/// checkpoint; whether it belongs to the export is checked by <see cref="CheckpointedExport"/>.
/// </summary>
/// <remarks>
/// What a store can rely on: <see cref="LoadAsync"/> is called once, before the first request. <see cref="SaveAsync"/> is called once for each page whose
/// handler has returned, in the order of the pages, before the next page is handed over; also if nothing in the checkpoint has changed, so that a store may
/// commit the rows of the page there, together with the checkpoint. It is never called for a page whose handler has failed. Nothing is saved if the stream
/// holds no data at all from which the unit of the window could be found: the handler is given one empty page then.
/// <para>
/// So every item comes at least once, and none is lost. What was handed over and not saved comes again. The last page may come again too, even if it was
/// saved, and possibly in another form (whitespace, order of members, a new field): recognise an item by its id and time, not by its bytes.
/// </para>
/// </remarks>
public interface ICursorStore
{
    /// <summary>Gets the checkpoint that was saved last; returns null if none was.</summary>
    /// <param name="cancellationToken">Cancels the loading.</param>
    ValueTask<Checkpoint?> LoadAsync(CancellationToken cancellationToken = default);

    /// <summary>Replaces the checkpoint. When this returns, it has to be safe.</summary>
    /// <param name="checkpoint">The checkpoint. <see cref="Checkpoint.ToJson"/> makes one text of it.</param>
    /// <param name="cancellationToken">Cancels the saving; the old or the new checkpoint must be there afterwards.</param>
    ValueTask SaveAsync(Checkpoint checkpoint, CancellationToken cancellationToken = default);
}
