namespace Croct.Export.Paging;

/// <summary>The items of a sequence of pages. Tokens are passed on unchanged, so that an exception has the caller's own token.</summary>
/// <param name="pages">The pages, which observe both tokens on their own.</param>
/// <param name="callerToken">The token of the method that returned the sequence. Both it and the enumerator's token are checked for each item.</param>
internal sealed class ItemSequence<T>(IAsyncEnumerable<ExportPage<T>> pages, CancellationToken callerToken) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Enumerator(pages.GetAsyncEnumerator(cancellationToken), callerToken, cancellationToken);

    /// <summary>Runs a state machine only once per page; an iterator method would run one for each item.</summary>
    private sealed class Enumerator(IAsyncEnumerator<ExportPage<T>> pages, CancellationToken callerToken, CancellationToken enumeratorToken)
        : IAsyncEnumerator<T>
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
