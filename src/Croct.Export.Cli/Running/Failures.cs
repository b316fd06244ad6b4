using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Croct.Export.Cli.Destinations;

namespace Croct.Export.Cli.Running;

/// <summary>Failures in the words of the command line, with what can be done about them.</summary>
internal static partial class Failures
{
    private const int MaxBodyLength = 300;

    /// <summary>How far before the newest row an export begins that goes around a cursor which the API refuses: later than that, few events arrive.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromHours(1);

    /// <summary>What the library calls its options, and what the command line does.</summary>
    private static readonly (string Library, string CommandLine)[] Names =
    [
        (nameof(ExportClientOptions.MaxRetryDelay), "--max-retry-delay"),
        (nameof(ExportClientOptions.MaxResponseBytes), "--max-response-size"),
        (nameof(ExportClientOptions.AttemptTimeout), "--timeout"),
        (nameof(ExportClientOptions.ApiKeyProvider), "--api-key-file"),
        (nameof(ExportClientOptions.MaxRetries), "--retries"),
        (nameof(ExportClientOptions.TimeUnit), "--time-unit"),
    ];

    /// <summary>The message of a failure, and a sentence about what to do.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="resume">Where the export had continued from; null if it had not.</param>
    /// <param name="isCursorGiven">Whether the export began at a cursor of the command line.</param>
    public static string Describe(Exception failure, ResumePoint? resume = null, bool isCursorGiven = false)
    {
        var message = Message(failure);
        if (failure is not ExportException export) return message;
        var hint = Hint(export, resume, isCursorGiven);
        if (hint.Length > 0 && message[^1] is not ('.' or '!' or '?')) message += ".";
        var attempts = export.Attempts > 1 ? string.Create(CultureInfo.InvariantCulture, $" ({export.Attempts} attempts)") : "";
        return $"{message}{hint}{attempts}";
    }

    /// <summary>A few words for a failed attempt.</summary>
    public static string ShortOf(Exception failure)
    {
        var message = failure is ExportApiException api
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)api.StatusCode}{(Enum.IsDefined(api.StatusCode) ? $" {Words().Replace(api.StatusCode.ToString(), " ")}" : "")}{(api.RetryAfter is { } wait ? $", the server asks to wait for {wait.TotalSeconds:N0} s" : "")}")
            : Message(failure);
        return message.TrimEnd('.');
    }

    /// <summary>The message of a failure without words of the library and of .NET.</summary>
    private static string Message(Exception failure)
    {
        var message = failure is ArgumentException argument ? UsageException.MessageOf(argument) : failure.Message;
        foreach (var (library, commandLine) in Names) message = message.Replace(library, commandLine, StringComparison.Ordinal);
        return Terminal.OneLine(Spans().Replace(message, span => TimeSpan.TryParseExact(span.Value, "c", CultureInfo.InvariantCulture, out var time) ? InOptionWords(time) : span.Value));
    }

    /// <summary>A span of time as an option takes it.</summary>
    private static string InOptionWords(TimeSpan span) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(span.Ticks % TimeSpan.TicksPerSecond != 0 ? $"{span.TotalSeconds:0.###}s" : span.Seconds != 0 ? $"{span.TotalSeconds:0}s" : span.Minutes != 0 ? $"{span.TotalMinutes:0}m" : span.Hours != 0 ? $"{span.TotalHours:0}h" : $"{span.TotalDays:0}d")}");

    private static string Hint(ExportException failure, ResumePoint? resume, bool isCursorGiven) => failure switch
    {
        ExportApiException { StatusCode: HttpStatusCode.Unauthorized } => " Check --api-key, --api-key-file, CROCT_API_KEY or CROCT_API_KEY_FILE.",
        ExportApiException { StatusCode: HttpStatusCode.BadRequest } when isCursorGiven =>
            " A cursor belongs to one stream, window and set of --events, and may expire: check these, or leave --cursor out to begin at the start of the window.",
        ExportApiException { StatusCode: HttpStatusCode.BadRequest } when resume?.Cursor is not null => RefusedCursor(resume),
        ExportApiException { Problem: null, Body: { Length: > 0 } body } => $" The body begins: {Excerpt(body)}",
        { InnerException: TimeoutException } => " Pass a longer --timeout.",
        { InnerException: HttpRequestException } => " Check the network and --base-address.",
        _ => "",
    };

    private static string RefusedCursor(ResumePoint resume)
    {
        const string Advice =
            " The cursor of the state is refused. Files and state are as they were. To start over without losing or doubling a row, run the same command with another --state and another --output, and use the new file in place of the old one.";
        if (resume.Newest is not { } newest) return Advice;
        return Advice + string.Create(
            CultureInfo.InvariantCulture,
            $" Or keep the old file, and give that command --start {(newest - Margin).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}, an hour before the newest row: rows that are in both files have the same id and time, by which whoever loads them drops one. Events that come later than an hour are missing then.");
    }

    /// <summary>The beginning of a body, in which whitespace is one blank.</summary>
    private static string Excerpt(string body)
    {
        var text = string.Join(' ', Terminal.OneLine(body).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= MaxBodyLength ? text : text[..MaxBodyLength] + "...";
    }

    /// <summary>A span of time as .NET writes it, where the library puts one.</summary>
    [GeneratedRegex(@"(?<=\(|wait for )(?:[0-9]+\.)?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?=[),])")]
    private static partial Regex Spans();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex Words();
}
