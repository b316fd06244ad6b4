using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Json;

/// <summary>
/// What the generated readers stand on: objects, lists and scalars of an answer, token by token over a <see cref="JsonReader"/>.
/// </summary>
/// <remarks>
/// A reader of a model is called when the reader stands on the first token of its value, and leaves it on the last one. The scalar
/// methods move to the value themselves. Anything unexpected is a <see cref="JsonException"/> that names the JSON path.
/// </remarks>
internal sealed class PageReader
{
    private readonly JsonText? _text;
    private readonly Stack<(JsonReader Outer, JObject Buffered)> _outer = new();
    private JsonReader _reader;

    public PageReader(JsonReader reader)
        : this(reader, text: null)
    {
    }

    private PageReader(JsonReader reader, JsonText? text)
    {
        _reader = reader;
        _text = text;
    }

    /// <summary>Reads a whole document; whatever stands behind it is an error.</summary>
    public static T ReadDocument<T>(ArraySegment<char> json, Func<PageReader, T> read)
    {
        var text = new JsonText(json);
        using var reader = new JsonTextReader(text)
        {
            DateParseHandling = DateParseHandling.None,
            FloatParseHandling = FloatParseHandling.Double,
            ArrayPool = CharPool.Shared,
        };
        var pageReader = new PageReader(reader, text);
        pageReader.Move();
        var document = read(pageReader);
        if (reader.Read()) throw pageReader.Error("There is more after the end of the document");
        return document;
    }

    public JsonException Error(string message) => new JsonReaderException($"{message}. Path '{_reader.Path}'.");

    /// <summary>Makes sure that the reader stands on the start of an object.</summary>
    public void Begin()
    {
        if (_reader.TokenType != JsonToken.StartObject) throw Error($"An object was expected, not {Describe(_reader.TokenType)}");
    }

    /// <summary>
    /// Like <see cref="Begin"/>, and gives the value of the discriminator wherever it stands: an object that does not begin with it is
    /// read into memory first.
    /// </summary>
    public string? BeginDiscriminated(string discriminator)
    {
        Begin();
        var path = _reader.Path;
        if (!NextMember(out var name)) return null;
        if (name == discriminator) return ReadString();

        var buffered = new JObject();
        do
        {
            buffered[name] = ReadAny();
        }
        while (NextMember(out name));

        _outer.Push((_reader, buffered));
        _reader = ReaderOf(buffered, path);
        Move();
        return buffered[discriminator] switch
        {
            null => null,
            JValue { Value: var value } => Convert.ToString(value, Invariant) is { Length: > 0 } text ? text : null,
            _ => throw Error($"A string was expected for the discriminator '{discriminator}'"),
        };
    }

    /// <summary>Hands every member of the object that was begun to the model, to the end of the object.</summary>
    public void ReadMembers(IJsonModel model)
    {
        if (_reader.TokenType != JsonToken.EndObject)
        {
            while (NextMember(out var name)) model.ReadMember(this, name);
        }

        if (_outer.Count > 0 && _reader is JTokenReader buffer && buffer.CurrentToken == _outer.Peek().Buffered)
        {
            _reader = _outer.Pop().Outer;
        }
    }

    /// <summary>Moves to the value of a member and tells whether it is null.</summary>
    public bool NextIsNull()
    {
        Move();
        return _reader.TokenType == JsonToken.Null;
    }

    public string? ReadString() => Checked(_reader.ReadAsString());

    public bool? ReadBoolean() => Checked(_reader.ReadAsBoolean());

    public int? ReadInt32() =>
        IsBuffered ? ParseBuffered(static text => int.Parse(text, NumberStyles.AllowLeadingSign, Invariant)) : Checked(_reader.ReadAsInt32());

    public double? ReadDouble() => IsBuffered ? ParseBuffered(static text => double.Parse(text, Invariant)) : Checked(_reader.ReadAsDouble());

    public decimal? ReadDecimal() =>
        IsBuffered ? ParseBuffered(static text => decimal.Parse(text, NumberStyles.Float, Invariant)) : Checked(_reader.ReadAsDecimal());

    public long? ReadInt64()
    {
        Move();
        switch (_reader.TokenType)
        {
            case JsonToken.Null:
                return null;
            case JsonToken.Integer when _reader.Value is long value:
                return value;
            case JsonToken.Integer or JsonToken.Float or JsonToken.String or JsonToken.Raw
                when decimal.TryParse(ValueText, NumberStyles.Float, Invariant, out var number)
                    && number == decimal.Truncate(number) && number >= long.MinValue && number <= long.MaxValue:
                return (long)number;
            default:
                throw Error($"A 64-bit integer was expected, not {Describe(_reader.TokenType)} {ValueText}".TrimEnd());
        }
    }

    public Guid? ReadGuid() =>
        ReadString() switch
        {
            null => null,
            var text when Guid.TryParse(text, out var value) => value,
            var text => throw Error($"A UUID was expected, not '{text}'"),
        };

    /// <summary>A list of strings; a single string stands for a list of one, as some fields had it in older versions of the API.</summary>
    public List<string>? ReadStrings()
    {
        Move();
        if (_reader.TokenType == JsonToken.Null) return null;
        if (_reader.TokenType == JsonToken.String) return [(string)_reader.Value!];

        var list = new List<string>();
        while (NextElement(first: list.Count == 0))
        {
            list.Add(_reader.TokenType == JsonToken.String
                ? (string)_reader.Value!
                : throw Error($"A string was expected, not {Describe(_reader.TokenType)}"));
        }

        return list;
    }

    public List<T>? ReadList<T>(Func<PageReader, T> readElement)
    {
        if (NextIsNull()) return null;
        var list = new List<T>();
        while (NextElement(first: list.Count == 0)) list.Add(readElement(this));
        return list;
    }

    public Dictionary<string, string?>? ReadStringMap()
    {
        if (NextIsNull()) return null;
        Begin();
        var map = new Dictionary<string, string?>();
        while (NextMember(out var name)) map[name] = ReadString();
        return map;
    }

    /// <summary>A value of any shape, or null where there is none.</summary>
    public JToken? ReadFreeForm() => ReadAny() is { Type: not JTokenType.Null } value ? value : null;

    /// <summary>A value of any shape, JSON's null included.</summary>
    public JToken ReadAny()
    {
        Move();
        return CurrentValue();
    }

    private static JTokenReader ReaderOf(JObject buffered, string path) => new(buffered, path);

    private static CultureInfo Invariant => CultureInfo.InvariantCulture;

    /// <summary>Whether the tokens come from an object in memory, whose numbers may be kept as they were written.</summary>
    private bool IsBuffered => _outer.Count > 0;

    private string ValueText => Convert.ToString(_reader.Value, Invariant) ?? "";

    private JToken CurrentValue()
    {
        switch (_reader.TokenType)
        {
            case JsonToken.StartObject:
                var obj = new JObject();
                while (NextMember(out var name)) obj[name] = ReadAny();
                return obj;
            case JsonToken.StartArray:
                var array = new JArray();
                while (NextElement(first: array.Count == 0)) array.Add(CurrentValue());
                return array;
            case JsonToken.Float when _text is not null && !IsBuffered:
                return Fraction(_text.NumberEndingAt((JsonTextReader)_reader));
            case JsonToken.Raw:
                return new JRaw(_reader.Value);
            default:
                return new JValue(_reader.Value);
        }
    }

    /// <summary>A fraction as the first of decimal, double and raw text that gives back the very digits of the wire.</summary>
    private static JValue Fraction(string literal)
    {
        if (decimal.TryParse(literal, NumberStyles.Float, Invariant, out var exact) && exact.ToString(Invariant) == literal) return new JValue(exact);
        if (double.TryParse(literal, NumberStyles.Float, Invariant, out var value) && value.ToString("R", Invariant) == literal) return new JValue(value);
        return new JRaw(literal);
    }

    private bool NextMember(out string name)
    {
        Move();
        switch (_reader.TokenType)
        {
            case JsonToken.PropertyName:
                name = (string)_reader.Value!;
                return true;
            case JsonToken.EndObject:
                name = "";
                return false;
            default:
                throw Error($"A member or the end of an object was expected, not {Describe(_reader.TokenType)}");
        }
    }

    private bool NextElement(bool first)
    {
        if (first && _reader.TokenType != JsonToken.StartArray) throw Error($"An array was expected, not {Describe(_reader.TokenType)}");
        Move();
        return _reader.TokenType != JsonToken.EndArray;
    }

    private void Move()
    {
        if (!_reader.Read()) throw Error("The JSON ends too early");
    }

    private T Checked<T>(T value)
    {
        if (value is null && _reader.TokenType != JsonToken.Null) throw Error("The JSON ends too early");
        return value;
    }

    private T? ParseBuffered<T>(Func<string, T> parse)
        where T : struct
    {
        Move();
        if (_reader.TokenType == JsonToken.Null) return null;
        try
        {
            return parse(ValueText);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            throw Error($"A number was expected, not {Describe(_reader.TokenType)} {ValueText}".TrimEnd());
        }
    }

    private static string Describe(JsonToken token) => token switch
    {
        JsonToken.StartObject => "an object",
        JsonToken.StartArray => "an array",
        JsonToken.Null => "null",
        JsonToken.Boolean => "a boolean",
        JsonToken.String => "the string",
        JsonToken.Integer or JsonToken.Float or JsonToken.Raw => "the number",
        _ => token.ToString(),
    };
}
