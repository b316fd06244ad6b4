using Croct.Export.Json;

namespace Croct.Export;

/// <summary>
/// An export failed: the API could not be reached, no whole answer came in time, an answer could not be read, or the API refused
/// (<see cref="ExportApiException"/>). Failures that may pass have been retried before this is thrown.
/// </summary>
/// <remarks>
/// Neither the message nor anything else in here holds the API key. The message is one line: control characters, which a server could forge lines of a
/// log or commands to a terminal with, are spaces.
/// </remarks>
public class ExportException : Exception
{
    /// <summary>Makes one without a message of its own.</summary>
    public ExportException()
        : this("The export failed.")
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">What went wrong.</param>
    public ExportException(string message)
        : base(message is null ? null : ForeignText.OneLine(message))
    {
    }

    /// <summary>Makes one with a cause.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="innerException">The cause.</param>
    public ExportException(string message, Exception? innerException)
        : base(message is null ? null : ForeignText.OneLine(message), innerException)
    {
    }

    /// <summary>How many attempts were made before giving up, the first included; 0 when it failed before the first one.</summary>
    /// <remarks>An attempt sends one request, unless its time was up while the key was asked for: it counts all the same.</remarks>
    public int Attempts { get; internal set; }

    /// <summary>
    /// Whether another attempt may succeed: the connection failed, the response was cut short, no whole response came in time, or the API is overloaded. Such a
    /// failure has been retried before it is thrown, so that the next attempt is best made some minutes later. False by default.
    /// </summary>
    public virtual bool IsTransient { get; internal set; }

    /// <summary>Whether one more attempt is worth making, and no further one: a host name that does not exist will not soon.</summary>
    internal bool IsRetriedOnce { get; init; }
}
