using System.Text.Json;

namespace Croct.Export.Cli.Output;

/// <summary>
/// Keeps the items that cannot be read, one line of JSON each: the item as received, and where and why it was refused. A line is on the disk before
/// the export goes on behind the item. Lines are only added; a run that is gone on with may add one again.
/// </summary>
internal sealed class RejectFile(string path) : IDisposable
{
    private readonly Lock _lock = new();
    private FileStream? _file;

    public void Add(InvalidItem item)
    {
        lock (_lock)
        {
            _file ??= new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
            using (var writer = new Utf8JsonWriter(_file, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                writer.WriteStartObject();
                writer.WriteString("stream", item.Stream.ToString().ToLowerInvariant());
                writer.WriteString("cursor", item.Cursor);
                writer.WriteNumber("index", item.Index);
                writer.WriteString("error", item.Exception?.Message);
                writer.WritePropertyName("item");
                using var document = JsonDocument.Parse(item.Json);
                document.RootElement.WriteTo(writer);
                writer.WriteEndObject();
            }

            _file.WriteByte((byte)'\n');
            _file.Flush(flushToDisk: true);
        }
    }

    public void Dispose() => _file?.Dispose();
}
