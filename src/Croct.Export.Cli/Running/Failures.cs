using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Croct.Export.Cli.Destinations;

namespace Croct.Export.Cli.Running;

/// <summary>Describes failures in terms of the command line, with advice.</summary>
internal static partial class Failures
{
    private const int MaxBodyLength = 300;

    /// <summary>How long before the newest row to start an export that replaces a refused cursor: few events arrive later than that.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromHours(1);

    /// <summary>The names of options in the library and on the command line.</summary>
    private static readonly (string Library, string CommandLine)[] Names =
    [
        (nameof(ExportClientOptions.MaxRetryDelay), "--max-retry-delay"),
        (nameof(ExportClientOptions.MaxResponseBytes), "--max-response-size"),
        (nameof(ExportClientOptions.AttemptTimeout), "--timeout"),
        (nameof(ExportClientOptions.ApiKeyProvider), "--api-key-file"),
        (nameof(ExportClientOptions.MaxRetries), "--retries"),
        (nameof(ExportClientOptions.TimeUnit), "--time-unit"),
    ];

    /// <summary>The message of a failure, followed by advice.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="resume">The point from which the export resumed; null if it did not resume.</param>
    /// <param name="isCursorGiven">Whether the export started at a cursor from the command line.</param>
    public static string Describe(Exception failure, ResumePoint? resume = null, bool isCursorGiven = false)
    {
        var message = Message(failure);
        if (failure is not ExportException export) return message;
        var hint = Hint(export, resume, isCursorGiven);
        if (hint.Length > 0 && message[^1] is not ('.' or '!' or '?')) message += ".";
        var attempts = export.Attempts > 1 ? string.Create(CultureInfo.InvariantCulture, $" ({export.Attempts} attempts)") : "";
        return $"{message}{hint}{attempts}";
    }

    /// <summary>A short description of a failed attempt.</summary>
    public static string DescribeBriefly(Exception failure)
    {
        if (failure is not ExportApiException api) return Message(failure).TrimEnd('.');
        var name = Enum.IsDefined(api.StatusCode) ? $" {Words().Replace(api.StatusCode.ToString(), " ")}" : "";
        var wait = api.RetryAfter is { } delay
            ? string.Create(CultureInfo.InvariantCulture, $", the server asks to wait for {delay.TotalSeconds:N0} s")
            : "";
        return string.Create(CultureInfo.InvariantCulture, $"{(int)api.StatusCode}{name}{wait}");
    }

    /// <summary>The message of a failure, without terms of the library and of .NET.</summary>
    private static string Message(Exception failure)
    {
        var message = failure is ArgumentException argument ? UsageException.GetMessage(argument) : failure.Message;
        foreach (var (library, commandLine) in Names) message = message.Replace(library, commandLine, StringComparison.Ordinal);
        return Terminal.OneLine(Spans().Replace(
            message, span => TimeSpan.TryParseExact(span.Value, "c", CultureInfo.InvariantCulture, out var time) ? Durations.Format(time) : span.Value));
    }

    private static string Hint(ExportException failure, ResumePoint? resume, bool isCursorGiven) => failure switch
    {
        ExportApiException { StatusCode: HttpStatusCode.Unauthorized } => " Check --api-key, --api-key-file, CROCT_API_KEY or CROCT_API_KEY_FILE.",
        ExportApiException { StatusCode: HttpStatusCode.BadRequest } when isCursorGiven =>
            " A cursor belongs to one stream, window and set of --events, and may expire: check these, " +
            "or leave out --cursor to start at the beginning of the window.",
        ExportApiException { StatusCode: HttpStatusCode.BadRequest } when resume?.Cursor is not null => RefusedCursor(resume),
        ExportApiException { Problem: null, Body: { Length: > 0 } body } => $" The body starts with: {Excerpt(body)}",
        { InnerException: TimeoutException } => " Pass a longer --timeout.",
        { InnerException: HttpRequestException } => " Check the network and --base-address.",
        _ => "",
    };

    private static string RefusedCursor(ResumePoint resume)
    {
        if (resume.RefusalAdvice is { } advice) return $" {advice}";
        const string Advice =
            " The cursor in the state was refused. Files and state are unchanged. To start over without losing or duplicating a row, " +
            "run the same command with another --state and another --output, and use the new file instead of the old one.";
        if (resume.Newest is not { } newest) return Advice;
        var start = (newest - Margin).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return $"{Advice} Or keep the old file, and run that command with --start {start}, an hour before the newest row: " +
            "rows in both files have the same id and time, so that duplicates can be dropped when they are loaded. " +
            "Events that arrive more than an hour late are then missing.";
    }

    /// <summary>The beginning of a body, with each run of whitespace replaced by one space.</summary>
    private static string Excerpt(string body)
    {
        var text = string.Join(' ', Terminal.OneLine(body).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= MaxBodyLength ? text : text[..MaxBodyLength] + "...";
    }

    /// <summary>A duration as formatted by .NET, where messages of the library contain one.</summary>
    [GeneratedRegex(@"(?<=\(|wait for )(?:[0-9]+\.)?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?=[),])")]
    private static partial Regex Spans();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex Words();
}
