namespace Croct.Export.Tests.Proof;

/// <summary>A store in memory whose checkpoint outlives clients.</summary>
internal sealed class MemoryCursorStore : ICursorStore
{
    public Checkpoint? Checkpoint { get; private set; }

    public ValueTask<Checkpoint?> LoadAsync(CancellationToken cancellationToken = default) => new(Checkpoint);

    public ValueTask SaveAsync(Checkpoint checkpoint, CancellationToken cancellationToken = default)
    {
        Checkpoint = checkpoint;
        return default;
    }
}
