using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Croct.Export.Json;

/// <summary>Finds out where in a document a token stands. Done for errors only, so that reading need not keep account.</summary>
internal static class JsonPath
{
    /// <summary>The path, such as <c>items[3].payload['@type']</c>, of the token that begins at a byte.</summary>
    public static string At(ReadOnlySpan<byte> document, long position)
    {
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = PageReader.MaxDepth });
        var steps = new List<(string? Name, int Index)>();
        while (reader.TokenStartIndex < position && reader.Read())
        {
            var depth = reader.CurrentDepth;
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                steps.RemoveRange(depth, steps.Count - depth);
                continue;
            }

            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                steps[depth - 1] = (NameOf(reader), 0);
                continue;
            }

            if (depth > 0 && steps[depth - 1] is (null, var index)) steps[depth - 1] = (null, index + 1);
            if (reader.TokenType == JsonTokenType.StartArray) steps.Add((null, -1));
            if (reader.TokenType == JsonTokenType.StartObject) steps.Add(("", 0));
        }

        var path = new StringBuilder();
        foreach (var (name, index) in steps) Append(path, name, index);
        return path.ToString();
    }

    private static string NameOf(Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? LoneSurrogates.Unescape(reader.ValueSpan) ?? "" : Encoding.UTF8.GetString(reader.ValueSpan.ToArray());

    private static void Append(StringBuilder path, string? name, int index)
    {
        if (name is null)
        {
            if (index >= 0) path.Append('[').Append(index.ToString(CultureInfo.InvariantCulture)).Append(']');
        }
        else if (name.Length > 0 && name.All(c => char.IsLetterOrDigit(c) || c == '_'))
        {
            path.Append(path.Length > 0 ? "." : "").Append(name);
        }
        else if (name.Length > 0)
        {
            path.Append("['").Append(name).Append("']");
        }
    }
}
