using Croct.Export.Http;
using Croct.Export.Paging;

namespace Croct.Export;

/// <summary>
/// One page with its items as they were received: well-formed JSON objects, nothing in them interpreted. The items are parts of a pooled buffer and are
/// valid until the enumerator moves on or is disposed; copy what has to live longer.
/// </summary>
/// <remarks>Bytes within strings that are not UTF-8 are not looked for: they come through as received.</remarks>
public sealed class RawPage : ExportPage<ReadOnlyMemory<byte>>, IDisposable
{
    private readonly ResponseBody? _body;

    /// <summary>Makes an empty page, to be filled by tests.</summary>
    public RawPage()
    {
    }

    internal RawPage(ResponseBody? body, PageFacts facts)
        : base(facts) =>
        _body = body;

    private protected override string Name => "Raw page";

    /// <summary>Returns the buffer; the enumerator does so by itself.</summary>
    public void Dispose() => _body?.Dispose();
}
