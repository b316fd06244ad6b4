using Croct.Export.Http;
using Croct.Export.Paging;

namespace Croct.Export;

/// <summary>
/// One page with its items exactly as received: well-formed JSON objects whose content is not interpreted. The items are slices of a pooled buffer and
/// are valid until the enumerator moves on or is disposed; copy items that must live longer.
/// </summary>
/// <remarks>Strings are not checked to be valid UTF-8: their bytes are passed on as received.</remarks>
public sealed class RawPage : ExportPage<ReadOnlyMemory<byte>>, IDisposable
{
    private readonly ResponseBody? _body;

    /// <summary>Creates an empty page, for tests.</summary>
    public RawPage()
    {
    }

    internal RawPage(ResponseBody? body, PageFacts facts)
        : base(facts) =>
        _body = body;

    private protected override string Name => "Raw page";

    /// <summary>Returns the buffer to the pool; the enumerator does so on its own.</summary>
    public void Dispose() => _body?.Dispose();
}
