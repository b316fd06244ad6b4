namespace Croct.Export.Sandbox.Http;

/// <summary>What the API takes for a key.</summary>
internal static class ApiKeys
{
    /// <summary>Whether a key is a version 4 UUID.</summary>
    public static bool IsWellFormed(string? key) => Guid.TryParseExact(key, "D", out var uuid) && uuid.Version == 4;
}
