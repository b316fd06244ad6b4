namespace Croct.Export;

/// <summary>Where an export keeps the cursor up to which its pages are dealt with. Implement it to keep cursors beside your data.</summary>
public interface ICursorStore
{
    /// <summary>Gets the cursor that was saved last, or null when none was.</summary>
    /// <param name="cancellationToken">Cancels the loading.</param>
    ValueTask<string?> LoadAsync(CancellationToken cancellationToken = default);

    /// <summary>Replaces the cursor. When this returns, the cursor has to be safe.</summary>
    /// <param name="cursor">The cursor, never empty. It is opaque, and may hold any characters.</param>
    /// <param name="cancellationToken">Cancels the saving; the old or the new cursor must be there afterwards.</param>
    ValueTask SaveAsync(string cursor, CancellationToken cancellationToken = default);
}
