using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Croct.Export.Json;

/// <summary>Where in a document something is wrong. It is looked for only once something is, so that readers need not keep track.</summary>
internal static class JsonPath
{
    /// <summary>The error about a document whose message names the byte and the path.</summary>
    public static JsonException ErrorAt(ReadOnlySpan<byte> document, string message, int position) =>
        new(FormattableString.Invariant($"{message}. Path '{At(document, position)}', byte {position}."));

    /// <summary>The path, such as <c>items[3].payload['@type']</c>, of the token that begins at a byte, or of the last one before it that can be read.</summary>
    private static string At(ReadOnlySpan<byte> document, int position)
    {
        var reader = new Utf8JsonReader(document, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = ModelReader.MaxDepth }));
        var steps = new List<(string? Name, int Index)>();
        try
        {
            while (reader.TokenStartIndex < position && reader.Read()) Follow(ref reader, steps);
        }
        catch (JsonException)
        {
            // This is where the document stops being JSON; the way to there is what is asked for.
        }

        var path = new StringBuilder();
        foreach (var (name, index) in steps) Append(path, name, index);
        return path.ToString();
    }

    /// <summary>Keeps one step per object and array around the token: the name of the member, or the index of the element, that it is in.</summary>
    private static void Follow(ref Utf8JsonReader reader, List<(string? Name, int Index)> steps)
    {
        var depth = reader.CurrentDepth;
        switch (reader.TokenType)
        {
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                steps.RemoveAt(depth);
                return;
            case JsonTokenType.PropertyName:
                steps[depth - 1] = (NameOf(reader), 0);
                return;
        }

        if (depth > 0 && steps[depth - 1] is (null, var index)) steps[depth - 1] = (null, index + 1);
        if (reader.TokenType == JsonTokenType.StartArray) steps.Add((null, -1));
        if (reader.TokenType == JsonTokenType.StartObject) steps.Add(("", 0));
    }

    private static string NameOf(Utf8JsonReader reader)
    {
        try
        {
            return ForeignText.Excerpt(JsonString.Unescape(reader.ValueSpan));
        }
        catch (DecoderFallbackException)
        {
            return "?";
        }
    }

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
