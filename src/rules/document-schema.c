/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/document-schema.h"

#include <libxml/relaxng.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "rules/document-xml.h"

/*
 * libxml2 says of a document with a misspelt attribute in a disk: "Extra element devices in
 * interleave". True, and of no use. So, of what does not pass, a copy is taken, and its parts are
 * hidden and shown again one by one, until the smallest is found that makes the difference.
 * Hiding is putting a comment in its place, which no schema looks at.
 */
#define XML_STRING(text) ((const xmlChar *)(text))
#define MAX_MISFITS 32
/* A stranger's document must not keep us busy: so often, and so many bytes in all. */
#define MAX_PROBES 4096u
#define MAX_PROBED ((guint)64 << 20)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGParserCtxt, xmlRelaxNGFreeParserCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGValidCtxt, xmlRelaxNGFreeValidCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

struct schema {
	xmlRelaxNG *rng;
};

static void ignore_message(G_GNUC_UNUSED void *data, G_GNUC_UNUSED const char *format, ...)
{
}

static void ignore_error(G_GNUC_UNUSED void *data, G_GNUC_UNUSED xmlErrorPtr message)
{
}

/*
 * load - libxml2's form of a schema, or NULL
 *
 * The files are read as XML by parsers of its own, which no context of ours reaches: what is
 * wrong in them would be printed, unless nothing is printed at all meanwhile.
 */
static xmlRelaxNG *load(xmlRelaxNGParserCtxt *parser)
{
	xmlRelaxNG *rng;

	xmlRelaxNGSetParserErrors(parser, ignore_message, ignore_message, NULL);
	xmlSetStructuredErrorFunc(NULL, ignore_error);
	rng = xmlRelaxNGParse(parser);
	xmlSetStructuredErrorFunc(NULL, NULL);
	return rng;
}

struct schema *schema_open(const char *path, GError **error)
{
	g_autoptr(xmlRelaxNGParserCtxt) parser = NULL;
	struct schema *schema;
	xmlRelaxNG *rng;

	if (access(path, R_OK) != 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "libvirt's schema is not at %s; it comes with libvirt", path);
		return NULL;
	}
	parser = xmlRelaxNGNewParserCtxt(path);
	rng = load(parser);
	if (rng == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "%s is not a schema that can be read", path);
		return NULL;
	}
	schema = g_new0(struct schema, 1);
	schema->rng = rng;
	return schema;
}

void schema_free(struct schema *schema)
{
	if (schema == NULL)
		return;
	xmlRelaxNGFree(schema->rng);
	g_free(schema);
}

/* A copy of a document in which parts are hidden. */
struct probe {
	xmlRelaxNG *rng;
	xmlDoc *copy;
	GPtrArray *misfits;
	guint asked, limit;
};

static gboolean passes(const struct schema *schema, xmlDoc *xml)
{
	g_autoptr(xmlRelaxNGValidCtxt) context = xmlRelaxNGNewValidCtxt(schema->rng);

	xmlRelaxNGSetValidErrors(context, ignore_message, ignore_message, NULL);
	return xmlRelaxNGValidateDoc(context, xml) == 0;
}

gboolean schema_accepts(const struct schema *schema, const char *text)
{
	g_autoptr(xmlDoc) xml =
		xmlReadMemory(text, (int)strlen(text), NULL, "UTF-8", XML_PARSE_NONET);

	return xml != NULL && passes(schema, xml);
}

static gboolean probe_passes(struct probe *probe)
{
	const struct schema schema = { probe->rng };

	/* Out of patience: what was narrowed down so far has to do. */
	return probe->asked++ >= probe->limit || passes(&schema, probe->copy);
}

static xmlNode *hide(xmlNode *node)
{
	xmlNode *mark = xmlNewDocComment(node->doc, XML_STRING(""));

	xmlReplaceNode(node, mark);
	return mark;
}

static void show(xmlNode *node, xmlNode *mark)
{
	xmlReplaceNode(mark, node);
	xmlFreeNode(mark);
}

static GPtrArray *child_elements(const xmlNode *node)
{
	GPtrArray *children = g_ptr_array_new();

	for (xmlNode *child = node->children; child != NULL; child = child->next) {
		if (child->type == XML_ELEMENT_NODE)
			g_ptr_array_add(children, child);
	}
	return children;
}

static GPtrArray *hide_all(const GPtrArray *nodes)
{
	GPtrArray *marks = g_ptr_array_new();

	for (guint i = 0; i < nodes->len; i++)
		g_ptr_array_add(marks, hide(g_ptr_array_index(nodes, i)));
	return marks;
}

static void show_all(const GPtrArray *nodes, const GPtrArray *marks)
{
	for (guint i = 0; i < nodes->len; i++)
		show(g_ptr_array_index(nodes, i), g_ptr_array_index(marks, i));
}

static void misfit_free(gpointer data)
{
	struct misfit *misfit = data;

	g_free(misfit->attribute);
	g_free(misfit->what);
	g_free(misfit);
}

static struct misfit *blame(struct probe *probe, const xmlNode *original, char *what)
{
	struct misfit *misfit = g_new0(struct misfit, 1);

	misfit->element = element_of_node(original);
	misfit->what = what;
	g_ptr_array_add(probe->misfits, misfit);
	return misfit;
}

static void blame_element(struct probe *probe, const xmlNode *original)
{
	g_autofree char *title = element_title(element_of_node(original));
	const xmlNode *parent = original->parent;

	if (parent == NULL || parent->type != XML_ELEMENT_NODE) {
		blame(probe, original, g_strdup(title));
	} else {
		g_autofree char *above = element_title(element_of_node(parent));

		blame(probe, original, g_strdup_printf("this %s in %s", title, above));
	}
}

/* blame_attribute - TRUE if the element passes without one of its attributes, which is blamed */
static gboolean blame_attribute(struct probe *probe, const xmlNode *original, xmlNode *node)
{
	for (xmlAttr *attribute = original->properties; attribute != NULL;
	     attribute = attribute->next) {
		xmlChar *value = xmlNodeListGetString(original->doc, attribute->children, 1);
		const char *name = (const char *)attribute->name;
		xmlAttr *own = xmlHasNsProp(node, attribute->name,
					    attribute->ns != NULL ? attribute->ns->href : NULL);
		g_autofree char *title = element_title(element_of_node(original));
		gboolean passes_without;

		if (own != NULL)
			xmlRemoveProp(own);
		passes_without = probe_passes(probe);
		if (passes_without)
			blame(probe, original,
			      g_strdup_printf("%s='%.60s' of %s", name,
					      value != NULL ? (const char *)value : "", title))
				->attribute = g_strdup(name);
		else if (attribute->ns == NULL)
			xmlNewProp(node, attribute->name, value);
		xmlFree(value);
		if (passes_without)
			return TRUE;
	}
	return FALSE;
}

static void explore(struct probe *probe, const xmlNode *original, xmlNode *node);

/* faulty_alone - the children that do not pass alone, by their numbers */
static GArray *faulty_alone(struct probe *probe, const GPtrArray *nodes, GPtrArray *marks)
{
	GArray *faulty = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < nodes->len; i++) {
		xmlNode *node = g_ptr_array_index(nodes, i);

		show(node, g_ptr_array_index(marks, i));
		if (!probe_passes(probe))
			g_array_append_val(faulty, i);
		marks->pdata[i] = hide(node);
	}
	return faulty;
}

/* Nothing in it must be there: each child is looked at alone. FALSE: no one of them is at fault. */
static gboolean explore_alone(struct probe *probe, const xmlNode *original, xmlNode *parent,
			      const GPtrArray *nodes, GPtrArray *marks)
{
	g_autoptr(GPtrArray) originals = child_elements(original);
	g_autoptr(GArray) faulty = faulty_alone(probe, nodes, marks);

	/* If it takes none of many, it is the element: <hyperv mode='passthrough'> has no children.
	 */
	if (faulty->len == nodes->len && nodes->len > 1) {
		gboolean blamed;

		show_all(nodes, marks);
		blamed = blame_attribute(probe, original, parent);
		g_ptr_array_set_size(marks, 0);
		for (guint i = 0; i < nodes->len; i++)
			g_ptr_array_add(marks, hide(g_ptr_array_index(nodes, i)));
		if (blamed)
			return TRUE;
	}
	for (guint i = 0; i < faulty->len && probe->misfits->len < MAX_MISFITS; i++) {
		guint at = g_array_index(faulty, guint, i);
		xmlNode *node = g_ptr_array_index(nodes, at);

		show(node, g_ptr_array_index(marks, at));
		explore(probe, g_ptr_array_index(originals, at), node);
		marks->pdata[at] = hide(node);
	}
	return faulty->len > 0;
}

/*
 * explore_beside - one child alone is enough to pass: what of the others does not pass beside it
 *
 * <os> must have its <type>, a <hostdev> its <source>. FALSE: no child is enough, or none at fault.
 */
static gboolean explore_beside(struct probe *probe, const GPtrArray *originals,
			       const GPtrArray *nodes, GPtrArray *marks)
{
	guint enough = 0;
	guint before = probe->misfits->len;

	for (; enough < nodes->len; enough++) {
		show(g_ptr_array_index(nodes, enough), g_ptr_array_index(marks, enough));
		if (probe_passes(probe))
			break;
		marks->pdata[enough] = hide(g_ptr_array_index(nodes, enough));
	}
	if (enough == nodes->len)
		return FALSE;
	for (guint i = 0; i < nodes->len && probe->misfits->len < MAX_MISFITS; i++) {
		if (i == enough)
			continue;
		show(g_ptr_array_index(nodes, i), g_ptr_array_index(marks, i));
		if (!probe_passes(probe))
			explore(probe, g_ptr_array_index(originals, i),
				g_ptr_array_index(nodes, i));
		marks->pdata[i] = hide(g_ptr_array_index(nodes, i));
	}
	marks->pdata[enough] = hide(g_ptr_array_index(nodes, enough));
	return probe->misfits->len > before;
}

/* Its children need each other: the one without which it passes is at fault. */
static gboolean explore_without(struct probe *probe, const GPtrArray *originals,
				const GPtrArray *nodes)
{
	for (guint i = 0; i < nodes->len; i++) {
		xmlNode *node = g_ptr_array_index(nodes, i);
		xmlNode *mark = hide(node);
		gboolean fine = probe_passes(probe);

		show(node, mark);
		if (fine) {
			explore(probe, g_ptr_array_index(originals, i), node);
			return TRUE;
		}
	}
	return FALSE;
}

/* explore - what it is in @node, of the copy, that does not pass; all the rest does */
static void explore(struct probe *probe, const xmlNode *original, xmlNode *node)
{
	g_autoptr(GPtrArray) originals = child_elements(original);
	g_autoptr(GPtrArray) nodes = child_elements(node);
	g_autoptr(GPtrArray) marks = hide_all(nodes);
	gboolean found = FALSE;

	if (nodes->len == originals->len && nodes->len > 0) {
		if (probe_passes(probe))
			found = explore_alone(probe, original, node, nodes, marks);
		else
			found = explore_beside(probe, originals, nodes, marks);
	}
	show_all(nodes, marks);
	if (!found && nodes->len == originals->len)
		found = explore_without(probe, originals, nodes);
	if (!found && !blame_attribute(probe, original, node))
		blame_element(probe, original);
}

/* What a domain must have, in its least form. */
static const struct {
	const char *name, *child, *text;
} least[] = {
	{ "name", NULL, "x" },
	{ "memory", NULL, "1" },
	{ "os", "type", "hvm" },
};

static void add_least(xmlNode *root, xmlNode **added)
{
	for (gsize i = 0; i < G_N_ELEMENTS(least); i++) {
		if (least[i].child == NULL) {
			added[i] = xmlNewChild(root, NULL, XML_STRING(least[i].name),
					       XML_STRING(least[i].text));
			continue;
		}
		added[i] = xmlNewChild(root, NULL, XML_STRING(least[i].name), NULL);
		xmlNewChild(added[i], NULL, XML_STRING(least[i].child), XML_STRING(least[i].text));
	}
}

/* explore_child - one child of the domain beside the least of the rest */
static void explore_child(struct probe *probe, const xmlNode *original, xmlNode *node,
			  xmlNode **added)
{
	xmlNode *hidden = NULL, *mark = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(least); i++) {
		if (strcmp((const char *)original->name, least[i].name) == 0) {
			hidden = added[i];
			mark = hide(hidden);
		}
	}
	if (!probe_passes(probe))
		explore(probe, original, node);
	if (hidden != NULL)
		show(hidden, mark);
}

static gboolean has_child(const GPtrArray *children, const char *name)
{
	for (guint i = 0; i < children->len; i++) {
		const xmlNode *child = g_ptr_array_index(children, i);

		if (strcmp((const char *)child->name, name) == 0)
			return TRUE;
	}
	return FALSE;
}

/* blame_missing - what the schema says that a domain must have, and this one has not */
static void blame_missing(struct probe *probe, const xmlNode *root, const GPtrArray *originals,
			  xmlNode **added)
{
	for (gsize i = 0; i < G_N_ELEMENTS(least); i++) {
		xmlNode *mark;

		if (has_child(originals, least[i].name))
			continue;
		mark = hide(added[i]);
		if (!probe_passes(probe))
			blame(probe, root, g_strdup_printf("a domain without <%s>", least[i].name));
		show(added[i], mark);
	}
}

/* blame_whole - each part passes alone: something stands twice */
static void blame_whole(struct probe *probe, const xmlNode *root, const GPtrArray *originals)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < originals->len; i++) {
		const xmlNode *child = g_ptr_array_index(originals, i);

		if (!g_hash_table_add(seen, (gpointer)(guintptr)child->name))
			blame(probe, child,
			      g_strdup_printf("a second <%s>", (const char *)child->name));
	}
	if (probe->misfits->len == 0)
		blame_element(probe, root);
}

/* find_devices - the number of the one <devices>, which is most of a domain; else how many there
 * are
 */
static guint find_devices(const GPtrArray *nodes)
{
	guint found = nodes->len;

	for (guint i = 0; i < nodes->len; i++) {
		const xmlNode *node = g_ptr_array_index(nodes, i);

		if (strcmp((const char *)node->name, "devices") != 0)
			continue;
		if (found < nodes->len)
			return nodes->len;
		found = i;
	}
	return found;
}

/*
 * only_culprit - the number of <devices> if the domain passes without it; else how many there are
 *
 * Then nothing else has to be looked at, and it not as a whole.
 */
static guint only_culprit(struct probe *probe, const GPtrArray *nodes)
{
	guint at = find_devices(nodes);
	gboolean alone;
	xmlNode *mark;

	if (at >= nodes->len)
		return nodes->len;
	mark = hide(g_ptr_array_index(nodes, at));
	alone = probe_passes(probe);
	show(g_ptr_array_index(nodes, at), mark);
	return alone ? at : nodes->len;
}

/* explore_children - all but the least is hidden: what in which of them does not pass */
static void explore_children(struct probe *probe, const GPtrArray *originals,
			     const GPtrArray *nodes, GPtrArray *marks, guint culprit,
			     xmlNode **added)
{
	for (guint i = 0; i < nodes->len && probe->misfits->len < MAX_MISFITS; i++) {
		const xmlNode *original = g_ptr_array_index(originals, i);
		xmlNode *node = g_ptr_array_index(nodes, i);

		if (culprit < nodes->len && culprit != i)
			continue;
		show(node, g_ptr_array_index(marks, i));
		if (culprit == i)
			explore(probe, original, node);
		else
			explore_child(probe, original, node, added);
		marks->pdata[i] = hide(node);
	}
}

static void explore_domain(struct probe *probe, const xmlNode *root)
{
	xmlNode *copy = xmlDocGetRootElement(probe->copy);
	g_autoptr(GPtrArray) originals = child_elements(root);
	g_autoptr(GPtrArray) nodes = child_elements(copy);
	guint culprit = only_culprit(probe, nodes);
	g_autoptr(GPtrArray) marks = hide_all(nodes);
	xmlNode *added[G_N_ELEMENTS(least)];

	add_least(copy, added);
	if (!probe_passes(probe)) {
		if (!blame_attribute(probe, root, copy))
			blame_element(probe, root);
	} else {
		blame_missing(probe, root, originals, added);
		explore_children(probe, originals, nodes, marks, culprit, added);
		if (probe->misfits->len == 0)
			blame_whole(probe, root, originals);
	}
	show_all(nodes, marks);
}

gboolean document_fits(const struct document *document, const struct schema *schema)
{
	xmlDoc *xml = document_xml(document);
	guint line, column;

	return xml != NULL && document_defect(document, &line, &column) == NULL &&
	       passes(schema, xml);
}

GPtrArray *document_misfits(const struct document *document, const struct schema *schema)
{
	xmlDoc *xml = document_xml(document);
	const xmlNode *root = xml != NULL ? xmlDocGetRootElement(xml) : NULL;
	struct probe probe = { .rng = schema->rng,
			       .misfits = g_ptr_array_new_with_free_func(misfit_free) };
	guint line, column;

	if (root == NULL || element_of_node(root) != document_domain(document) ||
	    document_defect(document, &line, &column) != NULL || passes(schema, xml))
		return probe.misfits;
	probe.limit = MIN(MAX_PROBES, MAX_PROBED / (guint)(strlen(document_text_of(document)) + 1));
	probe.copy = xmlCopyDoc(xml, 1);
	explore_domain(&probe, root);
	xmlFreeDoc(probe.copy);
	return probe.misfits;
}
