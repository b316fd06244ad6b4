namespace Croct.Export.Sandbox;

/// <summary>The unit in which a sandbox expects <c>start</c> and <c>end</c>.</summary>
public enum SandboxTimeUnit
{
    /// <summary>Seconds since 1970-01-01T00:00:00Z, as documented for the first version of the API.</summary>
    Seconds,

    /// <summary>Milliseconds since 1970-01-01T00:00:00Z, as in the current reference of the service.</summary>
    Milliseconds,
}
