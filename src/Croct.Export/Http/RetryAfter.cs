using System.Net.Http.Headers;

namespace Croct.Export.Http;

/// <summary>How long a server asks to wait (RFC 9110, section 10.2.3): seconds, or a date.</summary>
internal static class RetryAfter
{
    public static TimeSpan? From(RetryConditionHeaderValue? header, DateTimeOffset now)
    {
        var delay = header?.Delta ?? header?.Date - now;
        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }
}
