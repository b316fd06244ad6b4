using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Croct.Export.Cli;

/// <summary>How the tool talks to people. Nobody may be there to listen: that costs neither the export nor its exit code.</summary>
internal static class Terminal
{
    /// <summary>Has standard error take everything, also if it is closed or its disk is full, and standard output say so in plain words.</summary>
    public static void Prepare()
    {
        Console.SetError(WriterOf(new ForgivingStream(Console.OpenStandardError(), static _ => null)));
        Console.SetOut(WriterOf(new ForgivingStream(Console.OpenStandardOutput(), static exception => exception is UnauthorizedAccessException ? new UsageException(OutputIsClosed) : exception)));
    }

    public const string OutputIsClosed = "Standard output is closed, or cannot be written. Pass --output FILE, or redirect it to a file.";

    /// <summary>Tells an error or a warning.</summary>
    public static void Tell(string message) => Console.Error.WriteLine($"croct-export: {OneLine(message)}");

    /// <summary>Text that may come from a server, which is not to command the terminal: in one line, and without control characters.</summary>
    public static string OneLine(string text) => string.Concat(text.ReplaceLineEndings(" ").Select(character => char.IsControl(character) ? ' ' : character));

    /// <summary>A cursor, which is text of the server, quoted where it is odd.</summary>
    public static string Printable(string cursor) => JsonEncodedText.Encode(cursor, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();

    private static TextWriter WriterOf(Stream stream) =>
        TextWriter.Synchronized(new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true });

    /// <summary>Turns what goes wrong at writing into something else.</summary>
    /// <param name="stream">Where it is written.</param>
    /// <param name="turn">Gives the exception to throw; null for none.</param>
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
                // Of standard error, there is nowhere else to tell it.
                if (turn(exception) is { } other) throw other;
            }
        }

        public override void Flush()
        {
        }
    }
}
