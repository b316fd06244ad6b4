using System.Globalization;
using System.Net;
using Croct.Export.Cli.Destinations;

namespace Croct.Export.Cli.Running;

/// <summary>Failures in the words of the command line, with what can be done about them.</summary>
internal static class Failures
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
    public static string Describe(Exception failure, ResumePoint? resume = null)
    {
        var message = Message(failure);
        if (failure is not ExportException export) return message;
        var attempts = export.Attempts > 1 ? string.Create(CultureInfo.InvariantCulture, $" ({export.Attempts} attempts)") : "";
        return $"{message}{Hint(export, resume)}{attempts}";
    }

    /// <summary>A few words for a failed attempt.</summary>
    public static string ShortOf(Exception failure)
    {
        var message = failure is ExportApiException api
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)api.StatusCode}{(Enum.IsDefined(api.StatusCode) ? $" {api.StatusCode}" : "")}{(api.RetryAfter is { } wait ? $", the server asks to wait for {wait.TotalSeconds:N0} s" : "")}")
            : Message(failure);
        return message.TrimEnd('.');
    }

    /// <summary>The message of a failure without words of the library and of .NET.</summary>
    private static string Message(Exception failure)
    {
        var message = failure is ArgumentException argument ? UsageException.MessageOf(argument) : failure.Message;
        foreach (var (library, commandLine) in Names) message = message.Replace(library, commandLine, StringComparison.Ordinal);
        return Terminal.OneLine(message);
    }

    private static string Hint(ExportException failure, ResumePoint? resume) => failure switch
    {
        ExportApiException { StatusCode: HttpStatusCode.Unauthorized } => " Check --api-key, --api-key-file, CROCT_API_KEY or CROCT_API_KEY_FILE.",
        ExportApiException { StatusCode: HttpStatusCode.BadRequest } when resume?.Cursor is not null => RefusedCursor(resume),
        ExportApiException { Problem: null, Body: { Length: > 0 } body } => $" The body begins: {Excerpt(body)}",
        { InnerException: TimeoutException } => " Pass a longer --timeout.",
        { InnerException: HttpRequestException } => " Check the network and --base-address.",
        _ => "",
    };

    private static string RefusedCursor(ResumePoint resume)
    {
        var around = resume.Newest is not { } newest ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $" To keep what is there and export only what came after it, add --start {(newest - Margin).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}, an hour before the newest row: rows that both files have agree in id and time, and are dropped by these.");
        return " The cursor of the state is refused. Files and state are as they were. To start over without losing or doubling a row, run the same command with another --state and another --output," +
            $" and use the new file in place of the old one.{around}";
    }

    /// <summary>The beginning of a body, in which whitespace is one blank.</summary>
    private static string Excerpt(string body)
    {
        var text = string.Join(' ', Terminal.OneLine(body).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= MaxBodyLength ? text : text[..MaxBodyLength] + "...";
    }
}
