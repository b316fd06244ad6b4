namespace Croct.Export.Json;

/// <summary>Converts the timestamps of responses, which are in milliseconds since 1970-01-01T00:00:00Z.</summary>
internal static class UnixTime
{
    private static readonly long Min = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Max = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static DateTimeOffset? ToDateTimeOffset(long? milliseconds) =>
        milliseconds >= Min && milliseconds <= Max ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds.Value) : null;
}
