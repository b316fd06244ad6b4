using System.Buffers;
using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>
/// One object, serialized in several forms that differ in what is null or absent. Items use one of the forms instead of serializing the object
/// again, which would take most of the time of a page. Forms do not depend on a seed, so all sandboxes of a process share them. If two threads
/// create the same forms at the same time, the results are equal.
/// </summary>
internal sealed class Forms
{
    private readonly byte[][] _forms;

    public Forms(int count, Writing write)
    {
        _forms = new byte[count][];
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, Fields.WriterOptions);
        for (var form = 0; form < count; form++)
        {
            var draw = Draw.Of(count, Purpose.Form, form);
            writer.WriteStartObject();
            write(writer, ref draw);
            writer.WriteEndObject();
            writer.Flush();
            _forms[form] = buffer.WrittenSpan.ToArray();
            buffer.ResetWrittenCount();
            writer.Reset();
        }
    }

    /// <summary>Writes the fields of the object, in a form that depends on the draw.</summary>
    public delegate void Writing(Utf8JsonWriter writer, ref Draw draw);

    public void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ref Draw draw)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(draw.Pick(_forms), skipInputValidation: true);
    }
}
