namespace Croct.Export.Sandbox;

/// <summary>A stream of items that a sandbox serves.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "A stream of items, not a System.IO.Stream.")]
public enum SandboxStream
{
    /// <summary>The events, at <c>/events</c>.</summary>
    Events,

    /// <summary>The sessions, at <c>/session</c>.</summary>
    Sessions,

    /// <summary>The users, at <c>/user</c>.</summary>
    Users,
}
