namespace Croct.Export.Paging;

/// <summary>The items of a sequence of pages. Tokens are passed on as they are, so that a caller finds the own one in an exception.</summary>
/// <param name="pages">The pages, which heed both tokens by themselves.</param>
/// <param name="callerToken">The token of the method that the sequence came from: it is heeded within a page, too, and so is the enumerator's.</param>
internal sealed class ItemSequence<T>(IAsyncEnumerable<ExportPage<T>> pages, CancellationToken callerToken) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Enumerator(pages.GetAsyncEnumerator(cancellationToken), callerToken, cancellationToken);

    /// <summary>An iterator method would go through its state machine for each item; this does so for each page.</summary>
    private sealed class Enumerator(IAsyncEnumerator<ExportPage<T>> pages, CancellationToken callerToken, CancellationToken enumeratorToken) : IAsyncEnumerator<T>
    {
        private IReadOnlyList<T> _items = [];
        private int _next;

        public T Current { get; private set; } = default!;

        public ValueTask<bool> MoveNextAsync()
        {
            if (_next == _items.Count) return MoveToNextPageAsync();
            if (callerToken.IsCancellationRequested) return Cancelled(callerToken);
            if (enumeratorToken.IsCancellationRequested) return Cancelled(enumeratorToken);
            Current = _items[_next++];
            return new ValueTask<bool>(true);
        }

        public ValueTask DisposeAsync()
        {
            (_items, _next) = ([], 0);
            return pages.DisposeAsync();
        }

        private static ValueTask<bool> Cancelled(CancellationToken token) => new(Task.FromCanceled<bool>(token));

        private async ValueTask<bool> MoveToNextPageAsync()
        {
            while (await pages.MoveNextAsync().ConfigureAwait(false))
            {
                (_items, _next) = (pages.Current.Items, 0);
                if (_items.Count == 0) continue;
                Current = _items[_next++];
                return true;
            }

            return false;
        }
    }
}
