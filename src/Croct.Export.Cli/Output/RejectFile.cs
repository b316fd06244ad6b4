using System.Text.Encodings.Web;
using System.Text.Json;
using Croct.Export.Cli.State;

namespace Croct.Export.Cli.Output;

/// <summary>
/// Keeps the items that cannot be read, one line of JSON each: the item as received, and where and why it was refused. A line is on the disk before
/// the export goes on behind the item. Lines are only added; a run that is gone on with may add one again.
/// </summary>
internal sealed class RejectFile(string path) : IDisposable
{
    private static readonly byte[] LineStart = "{\"stream\":"u8.ToArray();

    private readonly Lock _lock = new();
    private FileStream? _file;

    public void Add(InvalidItem item)
    {
        lock (_lock)
        {
            _file ??= Open(path);
            using (var writer = new Utf8JsonWriter(_file, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                writer.WriteStartObject();
                writer.WriteString("stream", item.Stream.ToString().ToLowerInvariant());
                writer.WriteString("cursor", item.Cursor);
                writer.WriteNumber("index", item.Index);
                writer.WriteString("error", item.Exception?.Message);
                writer.WritePropertyName("item");

                // The client has seen that it is JSON. To read it once more here could only fail, at half a surrogate pair or at another depth.
                writer.WriteRawValue(NdjsonWriter.InOneLine(item.Json).Span, skipInputValidation: true);
                writer.WriteEndObject();
            }

            _file.WriteByte((byte)'\n');
            _file.Flush(flushToDisk: true);
        }
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Opens the file behind its last whole line. One that a kill or a full disk broke off is cut off: the export did not go on behind its item.</summary>
    private static FileStream Open(string path)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            if (!file.CanSeek) return file;
            if (file.Length == 0) DurableFile.FlushFolderOf(Path.GetFullPath(path));
            var end = EndOfLines(file);
            var half = new byte[Math.Min(file.Length - end, LineStart.Length)];
            file.Position = end;
            file.ReadExactly(half);
            if (!LineStart.AsSpan().StartsWith(half)) throw new IOException($"'{path}' holds something else than rejected items; give --reject-file another name.");
            file.SetLength(end);
            file.Position = end;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Where the last whole line ends.</summary>
    private static long EndOfLines(FileStream file)
    {
        var (block, end) = (new byte[64 * 1024], 0L);
        while (true)
        {
            var start = file.Position;
            var length = file.Read(block);
            if (length == 0) return end;
            var lineFeed = block.AsSpan(0, length).LastIndexOf((byte)'\n');
            if (lineFeed >= 0) end = start + lineFeed + 1;
        }
    }
}
