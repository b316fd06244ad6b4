using System.Globalization;
using System.Net.Http.Headers;
using Croct.Export.Models;

namespace Croct.Export;

/// <summary>Validates what callers pass. A message names the property, its value and the rule, and never contains the key.</summary>
internal static class Validation
{
    public static readonly DateTimeOffset Epoch = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// The maximum length of an escaped cursor or id in a URL, in characters. Real ones are far shorter, servers do not accept longer request lines,
    /// and a <see cref="Uri"/> on .NET Framework can be at most twice as long.
    /// </summary>
    private const int MaxUrlLength = 32 * 1024;

    private const string TooLong = "takes more than 32 KiB in a URL";

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static void Check(ExportClientOptions options)
    {
        if (options.ApiKey is not null && options.ApiKeyProvider is not null)
        {
            throw Fault(nameof(options.ApiKeyProvider), "cannot be set together with ApiKey; set only one of them");
        }

        if (options.ApiKeyProvider is null && GetApiKeyFault(options.ApiKey) is { } fault) throw Fault(nameof(options.ApiKey), fault);

        CheckBaseAddress(options.BaseAddress);
        CheckRange(nameof(options.DefaultPageSize), options.DefaultPageSize, 1, 1000);
        CheckRange(nameof(options.ReadAhead), options.ReadAhead, 0, 16);
        CheckRange(nameof(options.MaxRetries), options.MaxRetries, 0, 20);
        CheckRange(nameof(options.RetryBaseDelay), options.RetryBaseDelay, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        CheckRange(nameof(options.MaxRetryDelay), options.MaxRetryDelay, TimeSpan.Zero, Day);
        CheckRange(nameof(options.MaxResponseBytes), options.MaxResponseBytes, 1024, 1024 * 1024 * 1024);
        if (options.AttemptTimeout != Timeout.InfiniteTimeSpan)
        {
            CheckRange(nameof(options.AttemptTimeout), options.AttemptTimeout, TimeSpan.FromMilliseconds(10), Day);
        }

        CheckTimeUnit(nameof(options.TimeUnit), options.TimeUnit);

        // The parser also accepts whitespace around the parts.
        if (options.ApplicationName is { } name && !(ProductHeaderValue.TryParse(name, out var product) && product.ToString() == name))
        {
            throw Fault(nameof(options.ApplicationName), $"was '{name}'; it must be a name or name/version without spaces, such as nightly-export/1.2");
        }

        if (options.TimeProvider is null) throw Fault(nameof(options.TimeProvider), "must not be null");
        if (FollowsRedirects(options.HttpMessageHandler))
        {
            throw Fault(nameof(options.HttpMessageHandler), "follows redirects, which would send the API key elsewhere; set its AllowAutoRedirect to false");
        }
    }

    public static void Check(ExportClientOptions options, HttpClient http)
    {
        if (options.HttpMessageHandler is not null)
        {
            throw Fault(nameof(options.HttpMessageHandler), "cannot be set together with an HttpClient, which has its own handler");
        }

        if (http.BaseAddress is { } address && address.AbsoluteUri.TrimEnd('/') != options.BaseAddress.AbsoluteUri.TrimEnd('/'))
        {
            throw Fault(
                nameof(options.BaseAddress),
                $"was '{options.BaseAddress}', but that of the HttpClient is '{address}'; set both to the same address, or leave the HttpClient's unset");
        }
    }

    public static void Check(ExportOptions options)
    {
        if (options.PageSize is { } pageSize) CheckRange(nameof(options.PageSize), pageSize, 1, 1000);
        CheckTime(nameof(options.Start), options.Start);
        CheckTime(nameof(options.End), options.End);
        if (options.TimeUnit is { } unit) CheckTimeUnit(nameof(options.TimeUnit), unit);
        if (options.Start >= options.End)
        {
            throw OutOfRange(nameof(options.Start), options.Start, $"must be before {nameof(options.End)} ({options.End:O})");
        }

        if (options.Cursor is { } cursor && GetCursorOrIdFault(cursor) is { } fault)
        {
            throw Fault(nameof(options.Cursor), $"{fault}; it must be the cursor of an earlier page, or null to begin at the start of the window");
        }

        foreach (var type in (options as EventExportOptions)?.Events ?? [])
        {
            if (!IsWellFormed(type))
            {
                throw Fault(
                    nameof(EventExportOptions.Events),
                    $"contains '{type}'; an event type is one or more letters, digits, '_' or '-', such as {EventType.PageOpened}");
            }
        }
    }

    public static void CheckId(string id, string parameter)
    {
        if (id is null) throw new ArgumentNullException(parameter);
        if (GetCursorOrIdFault(id) is { } fault) throw Fault(parameter, $"{fault}; it must be the id of one item");

        // Even escaped, these segments change the path of the URL.
        if (id is "." or "..") throw Fault(parameter, $"was '{id}'; it must be the id of one item");
    }

    /// <summary>Returns what is wrong with a key, without quoting it; null if the key can be sent.</summary>
    public static string? GetApiKeyFault(string? key)
    {
        if (key is null) return "is missing; it must be set to the API key of your Croct application";
        if (string.IsNullOrWhiteSpace(key)) return "is blank; it must be the API key of your Croct application";
        return key.Any(c => c is <= ' ' or > '~')
            ? "contains spaces, control characters or non-ASCII characters; it must be the API key alone, without quotes or line breaks around it"
            : null;
    }

    /// <summary>Returns why a cursor or an id cannot be sent; null if it can. Both are opaque: control characters are allowed.</summary>
    public static string? GetCursorOrIdFault(string text)
    {
        if (string.IsNullOrWhiteSpace(text)) return "was blank";
        if (text.Length > MaxUrlLength) return TooLong;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;

            // Escaping would silently replace it with another character.
            if (!char.IsSurrogatePair(text, i)) return "contains an unpaired surrogate, which is not valid text and cannot be sent";
            i++;
        }

        return Uri.EscapeDataString(text).Length > MaxUrlLength ? TooLong : null;
    }

    private static void CheckBaseAddress(Uri address)
    {
        const string Name = nameof(ExportClientOptions.BaseAddress);
        if (address is null) throw Fault(Name, "must not be null");
        if (!address.IsAbsoluteUri) throw Fault(Name, $"was '{address}'; it must be an absolute URL");
        if (address.UserInfo.Length > 0) throw Fault(Name, "contains user information; it must be scheme, host and path only");
        if (address.Query.Length > 0 || address.Fragment.Length > 0)
        {
            throw Fault(Name, "contains a query or a fragment; it must be scheme, host and path only");
        }

        if (address.Scheme == Uri.UriSchemeHttps) return;
        if (address.Scheme != Uri.UriSchemeHttp) throw Fault(Name, $"was '{address}'; its scheme must be https, or http on a loopback host");
        if (!address.IsLoopback)
        {
            throw Fault(Name, $"was '{address}'; plain http would expose the API key on the network: it must be https, or http on a loopback host");
        }
    }

    private static void CheckTimeUnit(string name, TimeUnit unit)
    {
        if (unit is not (TimeUnit.Detect or TimeUnit.Seconds or TimeUnit.Milliseconds))
        {
            throw OutOfRange(name, unit, "must be Detect, Seconds or Milliseconds");
        }
    }

    private static void CheckTime(string name, DateTimeOffset? time)
    {
        if (time < Epoch) throw OutOfRange(name, time, "must not be before 1970-01-01T00:00:00Z");
    }

    private static void CheckRange<T>(string name, T value, T min, T max)
        where T : struct, IComparable<T>
    {
        if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0) throw OutOfRange(name, value, $"must be from {min} to {max}");
    }

    private static bool IsWellFormed(EventType type) =>
        type.Value.Length > 0 && type.Value.All(c => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '_' or '-');

    private static bool FollowsRedirects(HttpMessageHandler? handler) => handler switch
    {
        DelegatingHandler { InnerHandler: { } inner } => FollowsRedirects(inner),
        HttpClientHandler own => own.AllowAutoRedirect,
#if NET
        SocketsHttpHandler own => own.AllowAutoRedirect,
        _ => false,
#else
        // netstandard2.0 does not have this type, but applications that use this build on a newer .NET do.
        { } own when own.GetType().FullName == "System.Net.Http.SocketsHttpHandler" =>
            own.GetType().GetProperty("AllowAutoRedirect")?.GetValue(own) is true,
        _ => false,
#endif
    };

    private static ArgumentException Fault(string name, string fault) => new($"{name} {fault}.", name);

    private static ArgumentOutOfRangeException OutOfRange(string name, object? value, string rule)
    {
        var shown = value is DateTimeOffset time ? time.ToString("O", CultureInfo.InvariantCulture) : value;
        return new(name, FormattableString.Invariant($"{name} was {shown}; it {rule}."));
    }
}
