namespace Croct.Export;

/// <summary>The three streams that the Export API hands out page by page.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "A stream of items is the term of the field, not System.IO's.")]
public enum ExportStream
{
    /// <summary>What people did: <c>GET /events</c>.</summary>
    Events,

    /// <summary>The visits in which they did it: <c>GET /session</c>.</summary>
    Sessions,

    /// <summary>The people: <c>GET /user</c>.</summary>
    Users,
}
