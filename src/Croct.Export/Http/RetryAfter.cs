using System.Net.Http.Headers;

namespace Croct.Export.Http;

/// <summary>Reads how long a server asks to wait (RFC 9110, section 10.2.3), in seconds or until a date.</summary>
internal static class RetryAfter
{
    /// <param name="header">The header.</param>
    /// <param name="date">The date of the response by the server's own clock, to which its other dates are relative; null if it is not known.</param>
    /// <param name="now">The current time by the local clock.</param>
    public static TimeSpan? From(RetryConditionHeaderValue? header, DateTimeOffset? date, DateTimeOffset now)
    {
        var delay = header?.Delta ?? header?.Date - (date ?? now);
        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }
}
