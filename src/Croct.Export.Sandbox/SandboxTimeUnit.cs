namespace Croct.Export.Sandbox;

/// <summary>The unit in which a sandbox takes <c>start</c> and <c>end</c>.</summary>
public enum SandboxTimeUnit
{
    /// <summary>Seconds since 1970-01-01T00:00:00Z, as the documents of the API's first version say.</summary>
    Seconds,

    /// <summary>Milliseconds since 1970-01-01T00:00:00Z, as the service's present reference says.</summary>
    Milliseconds,
}
