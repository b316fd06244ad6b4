using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Croct.Export.Models;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Json;

/// <summary>Reads the next value.</summary>
internal delegate T ReadModel<out T>(ref ModelReader reader);

/// <summary>A model read from a document, and the members with values that their properties could not hold.</summary>
/// <param name="Root">The model.</param>
/// <param name="Unexpected">The model and member of each value that is kept in <see cref="ExportModel.AdditionalProperties"/> instead.</param>
internal readonly record struct Parsed<T>(T Root, IReadOnlyList<(Type Model, string Member)> Unexpected);

/// <summary>
/// The basis of the generated readers: reads the objects, lists and scalars of a document. It creates strings only for values that a model keeps as strings.
/// </summary>
/// <remarks>
/// Every method reads the next value. If the property cannot hold a value exactly, the model keeps it, and the property is null; only a strict member fails.
/// A member received as null is recorded in its model by the index of the member, which is its position in the contract. Invalid JSON always results in a
/// <see cref="JsonException"/> that names the path.
/// </remarks>
internal ref struct ModelReader
{
    /// <summary>The maximum nesting of a document. It is far above sensible values, so that one odd item does not make a page unreadable.</summary>
    public const int MaxDepth = 512;

    /// <summary>
    /// The maximum number of list elements and free-form values in a document. They take far more memory than their bytes: without a limit, a small response
    /// that decompresses to nothing but brackets would take gigabytes.
    /// </summary>
    private const int MaxValues = 2_000_000;

    /// <summary>Longer numbers are kept as text: the time to parse them grows faster than their length, and Newtonsoft.Json does not read them.</summary>
    private const int MaxNumberLength = 380;

    /// <summary>The minimum length of a document to pool its strings. Shorter documents rarely repeat a text.</summary>
    private const int MinPooledLength = 16 * 1024;

    private readonly ReadOnlySpan<byte> _document;
    private readonly StringPool? _strings;
    private JsonScanner _json;
    private List<(Type Model, string Member)>? _unexpected;
    private string? _unescaped;
    private byte[]? _unescapedBytes;
    private int _depth;
    private int _values;
    private bool _first;

    private ModelReader(ReadOnlySpan<byte> document, bool isPooled = true)
    {
        _document = document;
        _strings = isPooled && document.Length >= MinPooledLength ? new StringPool() : null;
        _json = new JsonScanner(document);
    }

    /// <summary>Reads a whole document; anything after its end is an error.</summary>
    /// <param name="json">The document.</param>
    /// <param name="read">The reader of its model.</param>
    /// <exception cref="JsonException">The document is not JSON, or not an object; the message names the JSON path.</exception>
    public static Parsed<T> ReadDocument<T>(ReadOnlySpan<byte> json, ReadModel<T> read)
    {
        var reader = new ModelReader(WithoutByteOrderMark(json));
        var root = read(ref reader);
        reader._json.Peek();
        if (reader._json.Position < reader._json.Length) throw reader.Error("Unexpected data after the end of the document");
        return new Parsed<T>(root, reader._unexpected ?? []);
    }

    /// <summary>Returns a member of an object that is known to be well-formed, or null if there is none or it is not a 64-bit integer.</summary>
    public static long? FindInt64(ReadOnlySpan<byte> json, ReadOnlySpan<byte> member)
    {
        var reader = new ModelReader(json, isPooled: false);
        reader.Begin();
        long? found = null;
        while (reader.NextName(out var name, out _))
        {
            if (!name.SequenceEqual(member))
            {
                reader.SkipValue();
                continue;
            }

            // If a name occurs more than once, the last value counts, as for models.
            found = reader.TryTakeInt64(out var value) ? value : null;
            if (found is null) reader.SkipValue();
        }

        return found;
    }

    public static ReadOnlySpan<byte> WithoutByteOrderMark(ReadOnlySpan<byte> json) => json.StartsWith("\uFEFF"u8) ? json.Slice(3) : json;

    /// <summary>Returns the string of the most recently read name or text.</summary>
    public readonly string Text(ReadOnlySpan<byte> utf8)
    {
        // An unpaired surrogate cannot be encoded as UTF-8: these bytes can be compared with known names, but are not the text.
        if (_unescaped is not null && utf8 == _unescapedBytes) return _unescaped;
        try
        {
            return _strings is null ? JsonString.Decode(utf8) : _strings.Of(utf8);
        }
        catch (DecoderFallbackException exception)
        {
            throw Error($"Not UTF-8: {exception.Message}");
        }
    }

    /// <summary>Whether a text is a known name or value. Most are not, and most of those differ in length, which is compared without a call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> known) => text.Length == known.Length && text.SequenceEqual(known);

    public readonly JsonException Error(string message) => JsonPath.CreateErrorAt(_document, message, _json.Position);

    /// <summary>Reads the beginning of an object.</summary>
    public void Begin()
    {
        if (_json.Peek() != '{') throw Unexpected("An object");
        Descend();
    }

    /// <summary>Like <see cref="Begin"/>, but also finds the discriminator, at any position in the object. The other members are still to be read.</summary>
    /// <returns>The value of the discriminator; empty if it is absent or not a string.</returns>
    public ReadOnlySpan<byte> BeginDiscriminated(ReadOnlySpan<byte> discriminator)
    {
        Begin();
        var (start, depth) = (_json.Position, _depth);
        var value = default(ReadOnlySpan<byte>);
        for (var isFirst = true; NextMember(out var name); isFirst = false)
        {
            if (!name.SequenceEqual(discriminator))
            {
                SkipValue();
                continue;
            }

            if (_json.Peek() != '"') break;
            value = TakeTextBytes();
            if (isFirst && !value.IsEmpty) return value;
            break;
        }

        (_json.Position, _depth, _first) = (start, depth, true);
        return value;
    }

    /// <summary>Skips the discriminator, which <see cref="BeginDiscriminated"/> returned. Keeps its value if the property cannot hold it.</summary>
    public void PassDiscriminator(ReadOnlySpan<byte> name, ExportModel model)
    {
        var start = _json.Position;
        if (_json.Peek() == '"' && !_json.TakeString(out _).IsEmpty) return;
        _json.Position = start;
        if (_json.Peek() == 'n') ReadAdditional(name, model);
        else Keep(name, model);
    }

    /// <summary>Moves to the value of the next member of the current object. Returns false after moving past the end of the object.</summary>
    public bool NextMember(out ReadOnlySpan<byte> name)
    {
        if (!NextName(out name, out var escaped)) return false;
        if (escaped) name = UnescapeToBytes(name);
        return true;
    }

    /// <summary>Moves to the value of a member if it is next and written without whitespace, as servers write it. Takes nothing otherwise.</summary>
    /// <param name="name">The name with its quotes and the colon.</param>
    /// <remarks>Without it, parse-vs-nswag-default of the comparison is 57 instead of 67 to 72.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool NextIsMember(ReadOnlySpan<byte> name)
    {
        if (!_json.TryTakeName(_first, name)) return false;
        _first = false;
        return true;
    }

    /// <summary>Reads the names of the members of an object, and skips their values.</summary>
    public List<string> ReadNames()
    {
        var names = new List<string>();
        Begin();
        while (NextMember(out var name))
        {
            names.Add(Text(name));
            SkipValue();
        }

        return names;
    }

    /// <summary>Whether the next value is null. Takes nothing.</summary>
    public bool NextIsNull => _json.Peek() == 'n';

    public void SkipValue() => _json.TakeValue(_depth);

    /// <summary>Whether the next value is an object. Takes any other value.</summary>
    public bool NextIsObject(ReadOnlySpan<byte> name, ExportModel model, int index)
    {
        if (_json.Peek() == '{') return true;
        TakeNullOrKeep(name, model, index);
        return false;
    }

    /// <summary>Reads the unescaped bytes of a string, to be compared with known values. Takes any other value and returns false.</summary>
    public bool NextIsText(ReadOnlySpan<byte> name, ExportModel model, int index, out ReadOnlySpan<byte> text)
    {
        if (_json.Peek() == '"')
        {
            text = TakeTextBytes();
            return true;
        }

        text = default;
        TakeNullOrKeep(name, model, index);
        return false;
    }

    public string? ReadString(ReadOnlySpan<byte> name, ExportModel model, int index, bool isStrict = false)
    {
        if (_json.Peek() == '"') return TakeText();
        if (isStrict && _json.Peek() != 'n') throw Unexpected("A string");
        TakeNullOrKeep(name, model, index);
        return null;
    }

    /// <summary>Reads a string or null. Any other value is an error.</summary>
    public string? ReadStrictString() => TryTakeNull() ? null : _json.Peek() == '"' ? TakeText() : throw Unexpected("A string");

    public bool? ReadBoolean(ReadOnlySpan<byte> name, ExportModel model, int index)
    {
        var next = _json.Peek();
        if (next is not ((byte)'t' or (byte)'f'))
        {
            TakeNullOrKeep(name, model, index);
            return null;
        }

        _json.TakeLiteral(next == 't' ? "true"u8 : "false"u8);
        return next == 't';
    }

    public int? ReadInt32(ReadOnlySpan<byte> name, ExportModel model, int index)
    {
        _json.Peek();
        var start = _json.Position;
        if (!TryTakeInt64(out var value))
        {
            TakeNullOrKeep(name, model, index);
            return null;
        }

        if (value is >= int.MinValue and <= int.MaxValue) return (int)value;
        _json.Position = start;
        Keep(name, model);
        return null;
    }

    public long? ReadInt64(ReadOnlySpan<byte> name, ExportModel model, int index)
    {
        if (TryTakeInt64(out var value)) return value;
        TakeNullOrKeep(name, model, index);
        return null;
    }

    public double? ReadDouble(ReadOnlySpan<byte> name, ExportModel model, int index)
    {
        if (NextIsNumber)
        {
            var start = _json.Position;
            if (JsonNumber.TryParse(_json.TakeNumber(), out double value)) return value;
            _json.Position = start;
        }

        TakeNullOrKeep(name, model, index);
        return null;
    }

    public decimal? ReadDecimal(ReadOnlySpan<byte> name, ExportModel model, int index)
    {
        if (_json.TryTakeDecimal(out var value)) return value;
        if (NextIsNumber)
        {
            var start = _json.Position;
            if (JsonNumber.TryParse(_json.TakeNumber(), out value)) return value;
            _json.Position = start;
        }

        TakeNullOrKeep(name, model, index);
        return null;
    }

    public Guid? ReadGuid(ReadOnlySpan<byte> name, ExportModel model, int index)
    {
        if (_json.TryTakeUuid(out var value)) return value;
        if (_json.Peek() == '"')
        {
            // The platform also accepts forms that it would not write the same way, such as one with braces.
            var start = _json.Position;
            var text = TakeText();
            if (Guid.TryParseExact(text, "D", out value) && value.ToString("D").Equals(text, StringComparison.OrdinalIgnoreCase)) return value;
            _json.Position = start;
        }

        TakeNullOrKeep(name, model, index);
        return null;
    }

    /// <param name="name">The name of the member.</param>
    /// <param name="model">Keeps the value if it is not a list of strings.</param>
    /// <param name="index">The position of the member in the contract.</param>
    /// <param name="acceptsOne">Whether a single string counts as a list of one.</param>
    public List<string>? ReadStrings(ReadOnlySpan<byte> name, ExportModel model, int index, bool acceptsOne)
    {
        var next = _json.Peek();
        if (acceptsOne && next == '"') return [TakeText()];
        if (next != '[')
        {
            TakeNullOrKeep(name, model, index);
            return null;
        }

        var start = Here;
        var list = new List<string>();
        Descend();
        while (NextCountedElement())
        {
            if (_json.Peek() != '"')
            {
                RewindAndKeep(start, name, model);
                return null;
            }

            list.Add(TakeText());
        }

        return list;
    }

    public List<T>? ReadList<T>(ReadOnlySpan<byte> name, ExportModel model, int index, ReadModel<T> readElement, bool isStrict = false)
    {
        if (_json.Peek() != '[')
        {
            if (isStrict && _json.Peek() != 'n') throw Unexpected("A list");
            TakeNullOrKeep(name, model, index);
            return null;
        }

        var start = Here;
        var unexpected = _unexpected?.Count ?? 0;
        var list = new List<T>();
        Descend();
        while (NextCountedElement())
        {
            if (_json.Peek() != '{')
            {
                if (isStrict) throw Unexpected("An object");

                // The list is kept as a whole, including the unexpected values of its elements.
                if (_unexpected is { } kept) kept.RemoveRange(unexpected, kept.Count - unexpected);
                RewindAndKeep(start, name, model);
                return null;
            }

            list.Add(readElement(ref this));
        }

        return list;
    }

    /// <summary>Reads a list of objects, each as a slice of the document. Null counts as an empty list.</summary>
    public void ReadObjects(ReadOnlyMemory<byte> document, List<ReadOnlyMemory<byte>> objects)
    {
        objects.Clear();
        if (TryTakeNull()) return;
        if (_json.Peek() != '[') throw Unexpected("A list");
        Descend();
        while (NextElement())
        {
            if (_json.Peek() != '{') throw Unexpected("An object");
            var start = _json.Position;
            SkipValue();
            objects.Add(document.Slice(start, _json.Position - start));
        }
    }

    public Dictionary<string, string?>? ReadStringMap(ReadOnlySpan<byte> name, ExportModel model, int index)
    {
        if (!NextIsObject(name, model, index)) return null;
        var start = Here;
        var map = new Dictionary<string, string?>();
        Begin();
        while (NextText(out var key))
        {
            CountValue();
            if (_json.Peek() == '"')
            {
                map[key] = TakeText();
            }
            else if (TryTakeNull())
            {
                map[key] = null;
            }
            else
            {
                RewindAndKeep(start, name, model);
                return null;
            }
        }

        return map;
    }

    /// <summary>Reads a value of any type. Returns null for a JSON null.</summary>
    public JToken? ReadFreeForm(ExportModel model, int index)
    {
        if (!TryTakeNull()) return ReadAny();
        model.SetReceivedNull(index);
        return null;
    }

    /// <summary>Reads the value of a member that the contract does not have, including a JSON null, into the additional properties.</summary>
    public void ReadAdditional(ReadOnlySpan<byte> name, ExportModel model)
    {
        var text = Text(name);
        model.AdditionalProperties[text] = ReadAny();
    }

    private static CultureInfo Invariant => CultureInfo.InvariantCulture;

    private readonly (int Position, int Depth, int Values, bool First) Here => (_json.Position, _depth, _values, _first);

    private bool NextIsNumber => _json.Peek() is (byte)'-' or (>= (byte)'0' and <= (byte)'9');

    private bool TryTakeNull()
    {
        if (_json.Peek() != 'n') return false;
        _json.TakeLiteral("null"u8);
        return true;
    }

    /// <summary>Takes a number that is a 64-bit integer. Takes nothing otherwise.</summary>
    private bool TryTakeInt64(out long value)
    {
        if (_json.TryTakeInteger(out value)) return true;
        if (!NextIsNumber) return false;
        var start = _json.Position;
        if (JsonNumber.TryParse(_json.TakeNumber(), out value)) return true;
        _json.Position = start;
        return false;
    }

    /// <summary>Takes null, and records it in the model. Takes any other value, which the property cannot hold, and lets the model keep it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TakeNullOrKeep(ReadOnlySpan<byte> name, ExportModel model, int index)
    {
        if (TryTakeNull()) model.SetReceivedNull(index);
        else Keep(name, model);
    }

    /// <summary>Lets the model keep a value that its property cannot hold.</summary>
    private void Keep(ReadOnlySpan<byte> name, ExportModel model)
    {
        var text = Text(name);
        model.AdditionalProperties[text] = ReadAny();
        (_unexpected ??= []).Add((model.GetType(), text));
    }

    /// <summary>Returns to the beginning of a value, and lets the model keep it.</summary>
    private void RewindAndKeep((int Position, int Depth, int Values, bool First) start, ReadOnlySpan<byte> name, ExportModel model)
    {
        (_json.Position, _depth, _values, _first) = start;
        Keep(name, model);
    }

    private JToken ReadAny()
    {
        CountValue();
        switch (_json.Peek())
        {
            case (byte)'{':
                Descend();
                var obj = new JObject();
                while (NextText(out var name)) obj[name] = ReadAny();
                return obj;
            case (byte)'[':
                Descend();
                var array = new JArray();
                while (NextElement()) array.Add(ReadAny());
                return array;
            case (byte)'"':
                return new JValue(TakeText());
            case (byte)'n':
                _json.TakeLiteral("null"u8);
                return JValue.CreateNull();
            case (byte)'t':
                _json.TakeLiteral("true"u8);
                return new JValue(true);
            case (byte)'f':
                _json.TakeLiteral("false"u8);
                return new JValue(false);
            default:
                // .NET has no integer for minus zero.
                var start = _json.Position;
                if (_json.TryTakeInteger(out var integer) && (integer != 0 || _document[start] == '0')) return new JValue(integer);
                _json.Position = start;
                return ExactNumber(JsonString.Decode(_json.TakeNumber()));
        }
    }

    /// <summary>Creates a number without loss: an integer of any size, or a fraction as the first of decimal, double and text with the same digits.</summary>
    private static JValue ExactNumber(string literal)
    {
        if (literal == "-0" || literal.Length > MaxNumberLength) return new JRaw(literal);
        if (literal.IndexOfAny(['.', 'e', 'E']) < 0)
        {
            var integer = BigInteger.Parse(literal, NumberStyles.AllowLeadingSign, Invariant);
            return integer >= long.MinValue && integer <= long.MaxValue ? new JValue((long)integer) : new JValue(integer);
        }

        if (decimal.TryParse(literal, NumberStyles.Float, Invariant, out var exact) && exact.ToString(Invariant) == literal) return new JValue(exact);
        if (double.TryParse(literal, NumberStyles.Float, Invariant, out var value) && value.ToString("R", Invariant) == literal) return new JValue(value);
        return new JRaw(literal);
    }

    private void Descend()
    {
        _json.CheckDepth(_depth);
        _json.Position++;
        _depth++;
        _first = true;
    }

    /// <summary>Moves to the next element of the current array, past the comma before it. Returns false after moving past the end of the array.</summary>
    private bool NextElement()
    {
        if (_json.Take((byte)']'))
        {
            Ascend();
            return false;
        }

        if (!_first && !_json.Take((byte)',')) throw _json.CreateError("A comma or ']' was expected");
        _first = false;
        return true;
    }

    private bool NextCountedElement()
    {
        if (!NextElement()) return false;
        CountValue();
        return true;
    }

    private void CountValue()
    {
        if (++_values > MaxValues) throw Error($"The response has more than {MaxValues} values");
    }

    /// <summary>Like <see cref="NextMember"/>, but with the name as a string, including unpaired surrogates.</summary>
    private bool NextText(out string name)
    {
        name = "";
        if (!NextName(out var text, out var escaped)) return false;
        name = escaped ? Unescape(text) : Text(text);
        return true;
    }

    private bool NextName(out ReadOnlySpan<byte> name, out bool escaped)
    {
        if (_json.TakeName(_first, out name, out escaped))
        {
            _first = false;
            return true;
        }

        Ascend();
        return false;
    }

    private void Ascend()
    {
        _depth--;
        _first = false;
    }

    private string TakeText()
    {
        var text = _json.TakeString(out var escaped);
        return escaped ? Unescape(text) : Text(text);
    }

    private ReadOnlySpan<byte> TakeTextBytes()
    {
        var text = _json.TakeString(out var escaped);
        return escaped ? UnescapeToBytes(text) : text;
    }

    private byte[] UnescapeToBytes(scoped ReadOnlySpan<byte> escaped)
    {
        _unescaped = Unescape(escaped);
        return _unescapedBytes = Encoding.UTF8.GetBytes(_unescaped);
    }

    private readonly string Unescape(scoped ReadOnlySpan<byte> escaped)
    {
        try
        {
            return JsonString.Unescape(escaped);
        }
        catch (DecoderFallbackException exception)
        {
            throw Error($"Not UTF-8: {exception.Message}");
        }
    }

    /// <summary>Creates the exception for a next value of the wrong type.</summary>
    private JsonException Unexpected(string expected)
    {
        var (next, at) = (_json.Peek(), _json.Position);
        SkipValue();
        var found = next switch
        {
            (byte)'{' => "an object",
            (byte)'[' => "a list",
            _ => ForeignText.Excerpt(Encoding.UTF8.GetString(_document.Slice(at, _json.Position - at).ToArray())),
        };
        return JsonPath.CreateErrorAt(_document, $"{expected} was expected, not {found}", at);
    }
}
