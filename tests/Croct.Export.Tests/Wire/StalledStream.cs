namespace Croct.Export.Tests.Wire;

/// <summary>The body of a server that has stopped sending.</summary>
/// <param name="respectsToken">Whether its token cancels a read; otherwise only closing the stream ends it, as on .NET Framework.</param>
internal sealed class StalledStream(bool respectsToken = true) : MemoryStream
{
    private readonly TaskCompletionSource<int> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Reached => _reached.Task;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _reached.TrySetResult();
        return await _read.Task.WaitAsync(respectsToken ? cancellationToken : CancellationToken.None);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    protected override void Dispose(bool disposing)
    {
        // If nothing was read, nobody observes the exception: reading it marks it as observed.
        if (_read.TrySetException(new ObjectDisposedException(nameof(StalledStream)))) _ = _read.Task.Exception;
        base.Dispose(disposing);
    }
}
