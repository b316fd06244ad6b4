namespace Croct.Export.Http;

/// <summary>Holds back all requests of a client while the API limits their rate.</summary>
internal sealed class RequestHold(TimeProvider time)
{
    private readonly object _lock = new();
    private readonly long _created = time.GetTimestamp();
    private TimeSpan _end;

    private TimeSpan Now => time.GetElapsedTime(_created);

    private TimeSpan End
    {
        get
        {
            lock (_lock) return _end;
        }
    }

    /// <summary>Holds requests back for this long from now, or longer if they are held back for longer already.</summary>
    public void Extend(TimeSpan delay)
    {
        lock (_lock)
        {
            var end = Now + delay;
            if (end > _end) _end = end;
        }
    }

    /// <summary>Waits until requests may be sent, at once if they are not held back.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        // The end may move during the wait. There is one wait per end, even if its timer fires slightly before the clock reaches the end.
        for (TimeSpan end = End, waited = default; end > waited; (waited, end) = (end, End))
        {
            var left = end - Now;
            if (left > TimeSpan.Zero) await time.Delay(left, cancellationToken).ConfigureAwait(false);
        }
    }
}
