using Croct.Export.Json;

namespace Croct.Export;

/// <summary>
/// An export failed: the API could not be reached, no complete response arrived in time, a response could not be read, or the API responded with an
/// error (<see cref="ExportApiException"/>). Transient failures have been retried before this is thrown.
/// </summary>
/// <remarks>
/// Neither the message nor any other property contains the API key. The message is one line: control characters, with which a server could forge
/// log lines or control a terminal, are replaced by spaces.
/// </remarks>
public class ExportException : Exception
{
    /// <summary>Creates an exception with a default message.</summary>
    public ExportException()
        : this("The export failed.")
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What went wrong.</param>
    public ExportException(string message)
        : base(message is null ? null : ForeignText.OneLine(message))
    {
    }

    /// <summary>Creates an exception with a cause.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="innerException">The cause.</param>
    public ExportException(string message, Exception? innerException)
        : base(message is null ? null : ForeignText.OneLine(message), innerException)
    {
    }

    /// <summary>How many attempts were made before giving up, including the first; 0 if the failure came before the first one.</summary>
    /// <remarks>An attempt sends one request, unless it timed out while getting the key; it counts even then.</remarks>
    public int Attempts { get; internal set; }

    /// <summary>
    /// Whether another attempt may succeed: the connection failed, the response was cut short, no complete response arrived in time, or the API is
    /// overloaded. Such a failure has already been retried, so wait some minutes before trying again. False by default.
    /// </summary>
    public virtual bool IsTransient { get; internal set; }

    /// <summary>Whether to retry only once, as for a host name that does not exist.</summary>
    internal bool IsRetriedOnce { get; init; }
}
