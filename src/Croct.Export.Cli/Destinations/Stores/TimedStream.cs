using System.Net.Sockets;

namespace Croct.Export.Cli.Destinations.Stores;

/// <summary>
/// A connection that fails if it makes no progress for a while. A part may take minutes to upload, so the time for a whole request says nothing; but a
/// connection that has stalled neither receives nor sends anything.
/// </summary>
internal sealed class TimedStream : Stream
{
    private readonly NetworkStream _stream;
    private readonly TimeSpan _timeout;
    private readonly Lock _lock = new();
    private CancellationTokenSource? _reading;

    /// <param name="socket">The connection; disposed with this.</param>
    /// <param name="timeout">The maximum time without progress.</param>
    public TimedStream(Socket socket, TimeSpan timeout)
    {
        var milliseconds = (int)timeout.TotalMilliseconds;
        _stream = new NetworkStream(socket, ownsSocket: true) { ReadTimeout = milliseconds, WriteTimeout = milliseconds };
        _timeout = timeout;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_timeout);
        lock (_lock) _reading = limit;
        try
        {
            return await _stream.ReadAsync(buffer, limit.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw CreateError(exception);
        }
        finally
        {
            lock (_lock) _reading = null;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_timeout);
        try
        {
            await _stream.WriteAsync(buffer, limit.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw CreateError(exception);
        }

        // A response may be awaited during the whole upload.
        lock (_lock) _reading?.CancelAfter(_timeout);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // The timeouts of the socket are those of synchronous calls, by which some of the SDKs read bodies.
    public override int Read(byte[] buffer, int offset, int count) => _stream.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => _stream.Write(buffer, offset, count);

    public override Task FlushAsync(CancellationToken cancellationToken) => _stream.FlushAsync(cancellationToken);

    public override void Flush() => _stream.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _stream.Dispose();
        base.Dispose(disposing);
    }

    private IOException CreateError(OperationCanceledException exception) => new(
        $"The connection made no progress for {Durations.Format(_timeout)}; --timeout allows more.", new TimeoutException(exception.Message, exception));
}
