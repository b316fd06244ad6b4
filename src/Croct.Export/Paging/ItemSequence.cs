namespace Croct.Export.Paging;

/// <summary>The items of a sequence of pages. Tokens are passed on as they are, so that a caller finds the own one in an exception.</summary>
internal sealed class ItemSequence<T>(IAsyncEnumerable<ExportPage<T>> pages) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(pages.GetAsyncEnumerator(cancellationToken));

    /// <summary>An iterator method would go through its state machine for each item; this does so for each page.</summary>
    private sealed class Enumerator(IAsyncEnumerator<ExportPage<T>> pages) : IAsyncEnumerator<T>
    {
        private IReadOnlyList<T> _items = [];
        private int _next;

        public T Current { get; private set; } = default!;

        public ValueTask<bool> MoveNextAsync() => TakeNext() ? new ValueTask<bool>(true) : MoveToNextPageAsync();

        public ValueTask DisposeAsync() => pages.DisposeAsync();

        private bool TakeNext()
        {
            if (_next == _items.Count) return false;
            Current = _items[_next++];
            return true;
        }

        private async ValueTask<bool> MoveToNextPageAsync()
        {
            while (await pages.MoveNextAsync().ConfigureAwait(false))
            {
                (_items, _next) = (pages.Current.Items, 0);
                if (TakeNext()) return true;
            }

            return false;
        }
    }
}
