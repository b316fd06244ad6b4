namespace Croct.Export.Paging;

/// <summary>The items of a sequence of pages. Tokens are passed on as they are, so that a caller finds the own one in an exception.</summary>
internal sealed class ItemSequence<T>(IAsyncEnumerable<ExportPage<T>> pages) : IAsyncEnumerable<T>
{
    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await foreach (var page in pages.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            foreach (var item in page.Items) yield return item;
        }
    }
}
