using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Croct.Export.Cli;

/// <summary>Writes messages to the terminal. If standard error cannot be written to, the export and its exit code are not affected.</summary>
internal static class Terminal
{
    /// <summary>
    /// Makes standard error ignore failed writes, such as those to a closed descriptor or a full disk.
    /// Makes standard output report in plain words that it is closed.
    /// </summary>
    public static void Prepare()
    {
        Console.SetError(CreateWriter(new ForgivingStream(Console.OpenStandardError(), static _ => null)));
        Console.SetOut(CreateWriter(new ForgivingStream(
            Console.OpenStandardOutput(),
            static exception => exception is UnauthorizedAccessException ? new UsageException(OutputIsClosed) : exception)));
    }

    public const string OutputIsClosed = "Standard output is closed or cannot be written to. Pass --output FILE, or redirect standard output to a file.";

    /// <summary>Writes an error or a warning to standard error.</summary>
    public static void WriteMessage(string message) => Console.Error.WriteLine($"croct-export: {OneLine(message)}");

    /// <summary>Puts text on one line and replaces control characters: it may come from a server, which must not control the terminal.</summary>
    public static string OneLine(string text) => string.Concat(text.ReplaceLineEndings(" ").Select(character => char.IsControl(character) ? ' ' : character));

    /// <summary>Escapes a cursor as in a JSON string, since it is text from the server.</summary>
    public static string Printable(string cursor) => JsonEncodedText.Encode(cursor, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();

    private static TextWriter CreateWriter(Stream stream) =>
        TextWriter.Synchronized(new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" });

    /// <summary>Replaces or ignores the exceptions of failed writes.</summary>
    /// <param name="stream">The stream to write to.</param>
    /// <param name="turn">Returns the exception to throw instead; null to ignore the failure.</param>
    private sealed class ForgivingStream(Stream stream, Func<Exception, Exception?> turn) : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                stream.Write(buffer);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A failure of standard error cannot be reported anywhere else.
                if (turn(exception) is { } other) throw other;
            }
        }

        public override void Flush()
        {
        }
    }
}
