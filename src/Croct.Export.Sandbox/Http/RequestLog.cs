namespace Croct.Export.Sandbox.Http;

/// <summary>The latest requests.</summary>
internal sealed class RequestLog(int capacity)
{
    private readonly Queue<SandboxRequest> _requests = new();
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    /// <summary>Returns the number of a new request.</summary>
    public long NextNumber() => Interlocked.Increment(ref _count);

    public void Add(SandboxRequest request)
    {
        lock (_requests)
        {
            if (capacity == 0) return;
            if (_requests.Count == capacity) _requests.Dequeue();
            _requests.Enqueue(request);
        }
    }

    public IReadOnlyList<SandboxRequest> Snapshot()
    {
        lock (_requests) return [.. _requests.OrderBy(request => request.Number)];
    }
}
