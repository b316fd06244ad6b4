using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Croct.Export.Cli.Formats;

/// <summary>The content of an item in canonical form. It is equal for two items that differ only in whitespace, escapes and the order of members.</summary>
internal static class ItemContent
{
    /// <summary>The maximum nesting that the client allows.</summary>
    public const int MaxDepth = 512;

    public static string Of(ReadOnlyMemory<byte> item)
    {
        using var document = JsonDocument.Parse(item, new JsonDocumentOptions { MaxDepth = MaxDepth });
        var content = new StringBuilder();
        Append(content, document.RootElement);
        return content.ToString();
    }

    /// <summary>The text of the reader's current string. With an unpaired surrogate it cannot be decoded, and is returned with its escapes.</summary>
    public static string GetText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }

    private static void Append(StringBuilder content, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                content.Append('{');
                var members = element.EnumerateObject().Select(member => (Name: NameOf(member), member.Value));
                foreach (var (name, value) in members.OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    AppendText(content, name);
                    Append(content, value);
                }

                content.Append('}');
                break;
            case JsonValueKind.Array:
                content.Append('[');
                foreach (var part in element.EnumerateArray()) Append(content, part);
                content.Append(']');
                break;
            case JsonValueKind.String:
                AppendText(content, GetText(element));
                break;
            default:
                content.Append(element.GetRawText()).Append(',');
                break;
        }
    }

    /// <summary>Appends a text with its length, so that no text can be mistaken for anything else.</summary>
    private static void AppendText(StringBuilder content, string text) => content.Append('"').Append(text.Length).Append(':').Append(text);

    private static string GetText(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return element.GetRawText();
        }
    }

    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(member));
        }
    }
}
