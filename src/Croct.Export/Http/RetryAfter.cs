using System.Net.Http.Headers;

namespace Croct.Export.Http;

/// <summary>How long a server asks to wait (RFC 9110, section 10.2.3): seconds, or a date.</summary>
internal static class RetryAfter
{
    /// <param name="header">The header.</param>
    /// <param name="date">The date of the answer by the server's own clock, from which its dates count; null if it did not say.</param>
    /// <param name="now">The date by our clock.</param>
    public static TimeSpan? From(RetryConditionHeaderValue? header, DateTimeOffset? date, DateTimeOffset now)
    {
        var delay = header?.Delta ?? header?.Date - (date ?? now);
        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }
}
