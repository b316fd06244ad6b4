namespace Croct.Export.Tests.Proof;

/// <summary>A place for a cursor that outlives clients.</summary>
internal sealed class MemoryCursorStore : ICursorStore
{
    public string? Cursor { get; private set; }

    public ValueTask<string?> LoadAsync(CancellationToken cancellationToken = default) => new(Cursor);

    public ValueTask SaveAsync(string cursor, CancellationToken cancellationToken = default)
    {
        Cursor = cursor;
        return default;
    }
}
