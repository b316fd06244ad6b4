namespace Croct.Export.Json;

/// <summary>The milliseconds since the epoch in which answers state points in time.</summary>
internal static class UnixTime
{
    private static readonly long Min = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Max = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static DateTimeOffset? ToDateTimeOffset(long? milliseconds) =>
        milliseconds >= Min && milliseconds <= Max ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds.Value) : null;
}
