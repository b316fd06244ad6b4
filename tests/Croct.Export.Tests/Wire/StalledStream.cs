namespace Croct.Export.Tests.Wire;

/// <summary>The body of a server that fell silent.</summary>
/// <param name="heedsToken">Whether a read ends by its token; otherwise only closing the stream ends it, as on the .NET Framework.</param>
internal sealed class StalledStream(bool heedsToken = true) : MemoryStream
{
    private readonly TaskCompletionSource<int> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Reached => _reached.Task;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _reached.TrySetResult();
        return await _read.Task.WaitAsync(heedsToken ? cancellationToken : CancellationToken.None);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    protected override void Dispose(bool disposing)
    {
        // Where nothing was read, nobody sees the exception: to look at it is to say that this is meant.
        if (_read.TrySetException(new ObjectDisposedException(nameof(StalledStream)))) _ = _read.Task.Exception;
        base.Dispose(disposing);
    }
}
